# The checksum at the end of a row of the corpus: four hexadecimal digits that no compressor can squeeze.
# All products stay below 2^53, so that every awk computes the same.
function checksum(time, station, reading, note,    h) {
    h = (time * 16807 + substr(station, 9)) % 2147483647
    h = (h * 16807 + reading) % 2147483647
    h = (h * 16807 + length(note)) % 2147483647
    return sprintf("%04x", h % 65536)
}
