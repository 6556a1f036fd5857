/* log check-proof, one line at a time. Its reader is not told to anybody else, so the source stands here. */
#include "tests/fuzz/fuzz.h"
#include "src/cli/check_proof.c"

void fuzz_run(const uint8_t *data, size_t n)
{
    char *line = fuzz_text(data, n);
    struct verdict v, again;
    if (n < SG_CLI_LINE_MAX) {
        bool read = decide(line, n, &v);
        FUZZ_HOLDS(read == (v.fault == NULL));
        FUZZ_HOLDS(read || !v.valid);
        FUZZ_HOLDS(decide(line, n, &again) == read && again.valid == v.valid);
    }
    free(line);
}

void fuzz_seeds(void (*put)(const void *data, size_t n))
{
    static const char one[] = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    char text[4096];
    (void)sg_format(text, sizeof text, "{\"kind\":\"inclusion\",\"leafIndex\":0,\"treeSize\":1,\"root\":\"%s\",\"proof\":[],\"leafHash\":\"%s\"}", one, one);
    fuzz_put_text(put, text);
    (void)sg_format(text, sizeof text, "{\"kind\":\"inclusion\",\"leafIndex\":1,\"treeSize\":2,\"root\":\"%s\",\"proof\":[\"%s\",\"bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\"],\"leafHash\":\"%s\"}", one, one, one);
    fuzz_put_text(put, text);
    (void)sg_format(text, sizeof text, "{\"kind\":\"consistency\",\"size1\":1,\"size2\":3,\"root1\":\"%s\",\"root2\":\"%s\",\"proof\":[\"%s\"]}", one, one, one);
    fuzz_put_text(put, text);
    fuzz_put_text(put, "{\"kind\":\"consistency\",\"size1\":18446744073709551615,\"size2\":18446744073709551615,\"root1\":null,\"root2\":\"\",\"proof\":null}");
}
