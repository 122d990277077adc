# The way back from encode.awk to the corpus; takes the same variables, and sum.awk beside it. With sum=forked the rows come
# out without their checksum.

function code(n) {
    return substr(symbols, 1 + int(n / 62), 1) substr(symbols, 1 + n % 62, 1)
}

function decoded(text,    word, count, i, result) {
    count = split(text, word, " ")
    for (i = 1; i <= count; i++)
        result = result (i > 1 ? " " : "") (word[i] in words ? words[word[i]] : word[i])
    return result
}

BEGIN {
    FS = ","
    symbols = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    if (dict != "") while ((getline line <dict) > 0) words[code(known++)] = line
    columns = (sum == "forked" || sum == "computed") ? 5 : 6
}

# Which column is where.
NR == 1 {
    for (i = 1; i <= 6; i++) if (substr($0, i, 1) <= columns) at[substr($0, i, 1)] = ++places
    next
}

layout == "columns" { line_of[NR - 1] = $0; next }

{ rows++; for (c = 1; c <= columns; c++) cell[rows, c] = $at[c] }

END {
    if (layout == "columns") {
        rows = (NR - 1) / columns
        for (c = 1; c <= columns; c++)
            for (row = 1; row <= rows; row++) cell[row, c] = line_of[(at[c] - 1) * rows + row]
    }
    for (row = 1; row <= rows; row++) {
        t = cell[row, 1]; s = cell[row, 2]; r = cell[row, 3]; n = cell[row, 5]
        if (time == "delta") t = before += t
        if (reading == "delta") r = last[s] += r
        if (station == "number") s = "station-" s
        if (dict != "") n = decoded(n)
        text = t "," s "," r "," cell[row, 4] "," n
        if (sum == "computed") text = text "," checksum(t, s, r, n)
        else if (sum != "forked") text = text "," cell[row, 6]
        print text
    }
}
