# keymaps/*.keymap -> a C table of name and text. One string literal a line; quotes and backslashes escaped.
BEGIN { print "/* made by tools/keymaps.awk */\n#include \"cmd/command.h\"\nconst struct sg_keymap_file sg_keymap_files[] = {" }
FNR == 1 {
    if (NR > 1) print "    },"
    name = FILENAME; sub(/.*\//, "", name); sub(/\.keymap$/, "", name)
    printf "    {\"%s\",\n", name
}
# comments stay in the file: a C compiler need only promise 4,095 characters a literal
/^#/ { print "     \"\\n\""; next }
{ gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); printf "     \"%s\\n\"\n", $0 }
END { print "    },\n    {NULL, NULL},\n};" }
