#!/usr/bin/env -S awk -f
# Lists every function of C files: file, line, name, length in lines, cyclomatic complexity (tab separated).
# Relies on the house's brace style: a function's body opens at the end of a line that starts in column 1, and closes with } in column 1.
function strip(s) {
    gsub(/\\./, "", s); gsub(/"[^"]*"/, "\"\"", s); gsub(/'[^']*'/, "''", s); sub(/\/\/.*/, "", s); gsub(/\/\*[^*]*\*\//, "", s)
    return s
}
function count(s, re,    n) { n = 0; while (match(s, re)) { n++; s = substr(s, RSTART + RLENGTH) } return n }
BEGIN { ALL = "(^|[^A-Za-z_0-9])(if|for|while|case)[^A-Za-z_0-9]|&&|[|][|]|[?]" }
FNR == 1 { infn = 0; head = "" }
{
    line = $0
    code = strip(line)
    if (!infn) {
        if (code ~ /^[A-Za-z_]/ && code !~ /^(typedef|struct [A-Za-z_0-9]+ *\{|enum|union)/) { head = code; headline = FNR }
        else if (code ~ /^[ \t]+/ && head != "") head = head " " code
        else if (code !~ /^\{/) head = ""
        if (head ~ /;[ \t]*$/ || head ~ /= *\{/ ) head = ""
        if (head ~ /\)[^;=]*\{[ \t]*$/ || (code ~ /^\{/ && head ~ /\)[ \t]*$/)) {
            name = head; sub(/\(.*/, "", name); sub(/[ \t]+$/, "", name); sub(/.*[ *]/, "", name)
            infn = 1; start = headline; cc = 1; head = ""
        } else if (head ~ /\)[^;=]*\{.*\}[ \t]*$/) {
            name = head; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
            printf "%s\t%d\t%s\t%d\t%d\n", FILENAME, headline, name, FNR - headline + 1, 1 + count(head, ALL)
            head = ""
        }
        next
    }
    cc += count(code, ALL)
    if (line ~ /^\}/) { printf "%s\t%d\t%s\t%d\t%d\n", FILENAME, start, name, FNR - start + 1, cc; infn = 0 }
}
