"""Makes 9x18.font of the X.Org font misc-fixed 9x18 (PCF, gzipped): python3 make_font.py 9x18.pcf.gz 9x18.font

Each glyph is its code point (two octets, big-endian, ascending), then 18 rows of 9 pels, first pel on top, one
behind the other, filled up to 21 octets.
"""
import gzip, struct, sys

WANTED = [(0x20, 0x17F), (0x192, 0x192), (0x218, 0x21B), (0x37A, 0x3FF), (0x400, 0x4FF), (0x1E80, 0x1E85),
          (0x1EF2, 0x1EF3), (0x2010, 0x2026), (0x2030, 0x203A), (0x20AC, 0x20AC), (0x2116, 0x2116),
          (0x2122, 0x2122)]
WIDTH, HEIGHT, ASCENT = 9, 18, 14

data = gzip.open(sys.argv[1]).read()
tables = {}
for number in range(struct.unpack_from("<I", data, 4)[0]):
    kind, form, size, offset = struct.unpack_from("<IIII", data, 8 + 16 * number)
    tables[kind] = offset


def table(kind):
    at = tables[kind]
    form = struct.unpack_from("<I", data, at)[0]
    return at + 4, form, ">" if form & 4 else "<"


at, form, end = table(4)  # metrics
if form & 0x100:
    count = struct.unpack_from(end + "H", data, at)[0]
    metrics = [[octet - 0x80 for octet in data[at + 2 + 5 * n:at + 7 + 5 * n]] for n in range(count)]
else:
    count = struct.unpack_from(end + "I", data, at)[0]
    metrics = [struct.unpack_from(end + "hhhhh", data, at + 4 + 12 * n) for n in range(count)]
at, form, end = table(8)  # bitmaps
count = struct.unpack_from(end + "I", data, at)[0]
offsets = struct.unpack_from(end + "%dI" % count, data, at + 4)
bitmaps, pad = at + 4 + 4 * count + 16, 1 << (form & 3)
assert form & 8, "top bit first"
unit = 1 << (form >> 4 & 3)
assert unit == 1 or end == ">"
at, form, end = table(32)  # encodings
first, last, low, high, _ = struct.unpack_from(end + "5H", data, at)
columns = last - first + 1


def glyph(code):
    row, column = code >> 8, code & 255
    if not (low <= row <= high and first <= column <= last):
        return None
    index = struct.unpack_from(end + "H", data, at + 10 + 2 * ((row - low) * columns + column - first))[0]
    if index == 0xFFFF:
        return None
    left, right, _, ascent, descent = metrics[index]
    pels = [[0] * WIDTH for _ in range(HEIGHT)]
    stride = (right - left + 8 * pad - 1) // (8 * pad) * pad
    for y in range(ascent + descent):
        for x in range(right - left):
            octet = data[bitmaps + offsets[index] + y * stride + x // 8]
            to_y, to_x = ASCENT - ascent + y, left + x
            if octet >> (7 - x % 8) & 1 and 0 <= to_y < HEIGHT and 0 <= to_x < WIDTH:
                pels[to_y][to_x] = 1
    bits = sum((row for row in pels), [])
    bits += [0] * (-len(bits) % 8)
    return bytes(int("".join(map(str, bits[n:n + 8])), 2) for n in range(0, len(bits), 8))


out, count = b"", 0
for low_code, high_code in WANTED:
    for code in range(low_code, high_code + 1):
        octets = glyph(code)
        if octets:
            out += struct.pack(">H", code) + octets
            count += 1
open(sys.argv[2], "wb").write(out)
print(count, "glyphs", len(out), "octets")
