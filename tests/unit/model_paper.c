/* The number of a paper form: every single slip of the hand is caught (R6.6). */
#include "tests/unit/model_fixture.h"
#include "model/paper.h"
#include "base/random.h"

static const char LETTERS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void a_number(char code[SG_PAPER_CODE])
{
    struct sg_random r = sg_random_system();
    struct sg_clock c = sg_clock_system(NULL);
    char id[SG_UUID_MAX], shown[SG_PAPER_MAX];
    sg_uuid7(id, &c, &r);
    sg_paper_number(id, shown);
    assert_int_equal(strlen(shown), 14);
    assert_true(sg_paper_parse(shown, code));
    assert_true(sg_paper_valid(shown) && sg_paper_valid(id));
}

static void r6_6_every_wrong_character_is_seen(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        char code[SG_PAPER_CODE], slip[SG_PAPER_CODE], out[SG_PAPER_CODE];
        a_number(code);
        for (size_t i = 0; i < 12; i++)
            for (size_t k = 0; k < 32; k++) {
                SG_COPY(slip, code);
                slip[i] = LETTERS[k];
                assert_true(sg_paper_parse(slip, out) == (slip[i] == code[i]));
            }
    }
}

static void r6_6_two_exchanged_neighbours_are_seen(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        char code[SG_PAPER_CODE], slip[SG_PAPER_CODE], out[SG_PAPER_CODE];
        a_number(code);
        for (size_t i = 0; i + 1 < 10; i++) {
            SG_COPY(slip, code);
            slip[i] = code[i + 1];
            slip[i + 1] = code[i];
            assert_true(sg_paper_parse(slip, out) == (code[i] == code[i + 1]));
        }
    }
}

static void r6_6_what_hands_confuse_is_read(void **state)
{
    char a[SG_PAPER_CODE], b[SG_PAPER_CODE], shown[SG_PAPER_MAX];
    (void)state;
    sg_paper_number("019b0000-0000-7000-8000-000000000001", shown);
    assert_string_equal(shown, "0000-0000-0101");
    assert_true(sg_paper_parse(shown, a));
    assert_true(sg_paper_parse(" oOO0 0oo0-0iOl ", b));
    assert_string_equal(a, b);
    assert_false(sg_paper_parse("", b));
    assert_false(sg_paper_parse("0000-0000-01", b));
    assert_false(sg_paper_parse("0000-0000-0101-0", b));
    assert_false(sg_paper_parse("0000-0000-010U", b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(r6_6_every_wrong_character_is_seen), cmocka_unit_test(r6_6_two_exchanged_neighbours_are_seen),
                                       cmocka_unit_test(r6_6_what_hands_confuse_is_read)};
    return cmocka_run_group_tests_name("paper numbers", tests, NULL, NULL);
}
