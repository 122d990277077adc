# The corpus on its way to the compressor, changed as the settings say. The first line of the output is the order of the
# columns, so that decode.awk need not be told.
#
# Variables: time=delta reading=delta|rounded station=number note=lower sum=forked|computed layout=columns order=123456
#            dict=FILE, one word a line; word n becomes the n-th code of two characters

function code(n) {
    return substr(symbols, 1 + int(n / 62), 1) substr(symbols, 1 + n % 62, 1)
}

function coded(text,    word, count, i, result) {
    count = split(text, word, " ")
    for (i = 1; i <= count; i++) {
        if (length(word[i]) == 2) {
            print "encode: row " NR ": the word " word[i] " could be a code" >"/dev/stderr"
            exit 1
        }
        result = result (i > 1 ? " " : "") (word[i] in codes ? codes[word[i]] : word[i])
    }
    return result
}

BEGIN {
    FS = ","
    symbols = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    if (dict != "") while ((getline line <dict) > 0) codes[line] = code(known++)
    columns = (sum == "forked" || sum == "computed") ? 5 : 6
}

{
    if (time == "delta") { now = $1; $1 = now - before; before = now }
    if (reading == "delta") { now = $3; $3 = now - last[$2]; last[$2] = now }
    if (reading == "rounded") $3 = int($3 / 10) * 10
    if (station == "number") sub(/station-/, "", $2)
    if (note == "lower") $5 = tolower($5)
    if (dict != "") $5 = coded($5)
    for (c = 1; c <= columns; c++) cell[NR, c] = $c
}

END {
    print order
    if (layout == "columns") {
        for (i = 1; i <= 6; i++) {
            c = substr(order, i, 1)
            if (c <= columns) for (row = 1; row <= NR; row++) print cell[row, c]
        }
    } else {
        for (row = 1; row <= NR; row++) {
            text = separator = ""
            for (i = 1; i <= 6; i++) {
                c = substr(order, i, 1)
                if (c <= columns) { text = text separator cell[row, c]; separator = "," }
            }
            print text
        }
    }
}
