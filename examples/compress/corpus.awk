# The rows of the corpus; see corpus.sh.

# Our own generator: every awk has another rand().
function random(n) {
    seed = seed * 16807 % 2147483647
    return seed % n
}

# Small numbers are far more frequent than large ones, as words are in a language.
function skewed(n,    u) {
    u = random(1000000) / 1000000
    return int(n * u * u * u)
}

function word(    w, syllables) {
    for (syllables = 2 + random(3); syllables > 0; syllables--)
        w = w substr("bdfgklmnprstvz", 1 + random(14), 1) substr("aeiou", 1 + random(5), 1)
    return w
}

function sentence(    s, length_left) {
    s = words[skewed(900)]
    s = toupper(substr(s, 1, 1)) substr(s, 2)
    for (length_left = 3 + random(7); length_left > 0; length_left--)
        s = s " " words[skewed(900)]
    return s
}

BEGIN {
    seed = 20240229
    for (i = 0; i < 900; i++) words[i] = word()
    for (i = 0; i < 40; i++) phrases[i] = sentence()
    for (i = 0; i < 60; i++) reading[i] = 1500 + random(1000)
    time = 1700000000
    for (row = 0; row < 15000; row++) {
        time += 1 + random(50)
        i = skewed(60)
        reading[i] += random(15) - 7
        station = sprintf("station-%02d", i)
        state = random(50) ? "ok" : (random(4) ? "drifting" : "offline")
        note = random(3) ? sentence() : phrases[skewed(40)]
        print time "," station "," reading[i] "," state "," note "," checksum(time, station, reading[i], note)
    }
}
