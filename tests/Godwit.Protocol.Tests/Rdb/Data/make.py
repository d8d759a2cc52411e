"""Makes NAME.rdb and NAME.txt with an empty server: make.py PORT NAME.

Fills the server with every type in its small and its large form, writes down what it answers about each key, and lets it
save. The text is thus the server's own account of the file beside it, in the form of RecordingSink.
"""

import hashlib
import socket
import struct
import sys

FAR = 4102444800123
ALL_BYTES = bytes(range(256))


class Server:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.replies = self.socket.makefile("rb")

    def __call__(self, *arguments):
        arguments = [a if isinstance(a, bytes) else str(a).encode("latin1") for a in arguments]
        self.socket.sendall(b"*%d\r\n" % len(arguments) + b"".join(b"$%d\r\n%s\r\n" % (len(a), a) for a in arguments))
        return self.reply()

    def reply(self):
        line = self.replies.readline()[:-2]
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise ServerError(rest.decode())
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if int(rest) < 0:
            return None
        if kind == b"$":
            return self.replies.read(int(rest) + 2)[:-2]
        return [self.reply() for _ in range(int(rest))]


class ServerError(Exception):
    pass


def fill(do, name):
    packed = "ziplist" if name == "redis-6.0" else "listpack"
    strings = {"plain": "hello", "empty": "", "lzf": "a" * 300 + "b" * 50, "binary": ALL_BYTES}
    strings |= {"len63": "x1" * 31 + "y", "len64": "y" + "x1z" * 21, "len16384": ALL_BYTES * 64}
    for key, value in strings.items():
        do("SET", "str:" + key, value)
    for power in (7, 15, 31, 63):
        for number in (2**power - 1, 2**power, -(2**power), -(2**power) - 1):
            do("SET", f"int:{number}", number)
    for key in (12345, ALL_BYTES, "k" * 200, ""):
        do("SET", key, "its key is the point")
    do("SET", "expiring", "later")
    do("PEXPIREAT", "expiring", FAR)

    ints = [0, 1, 12, 13, 63, 64, 127, 128, -1, -128, -129, 4095, 4096, -4096, -4097]
    ints += [n for p in (15, 23, 31) for n in (2**p - 1, 2**p, -(2**p), -(2**p) - 1)] + [2**63 - 1, -(2**63)]
    texts = ["", "a", "007", "-0", 2**63, "\xe9", ALL_BYTES] + ["s" * n for n in (63, 64, 250, 254, 4095, 4096)]
    small = ["", "a", "-0", "12", "13", "1000000", "s" * 63]
    do("RPUSH", "list:small", *ints, *texts)
    do("CONFIG", "SET", f"list-max-{packed}-size", 4)
    do("CONFIG", "SET", "list-compress-depth", 1)
    do("RPUSH", "list:nodes", *[f"n{i}" * 30 for i in range(20)])
    do("CONFIG", "SET", f"list-max-{packed}-size", -2)
    do("RPUSH", "list:big", ALL_BYTES * 40, "z", ALL_BYTES * 36, 1)
    for bits in (16, 32, 64):
        do("SADD", f"set:ints{bits}", *[i for i in ints if -(2 ** (bits - 1)) <= i < 2 ** (bits - 1)])
    do("SADD", "set:small", *small, "b", ALL_BYTES[:60])
    do("SADD", "set:mixed", *ints, *texts)

    scores = ["inf", "-inf", "0", "-0", "1", "-1", "3.5", "5e-324", "1.7976931348623157e308", "0.1", "1e100"]
    scores += ["123456789012345678", "-32769", "1.0000000000000002", "2147483648"]
    scored = [part for i, score in enumerate(scores) for part in (score, f"m{i}")]
    do("ZADD", "zset:small", *scored)
    do("ZADD", "zset:integer members", 1, 5, 2, -70000, 3, "")
    do("HSET", "hash:small", *[p for i, t in enumerate(small) for p in (f"f{i}", t)], 5, 6, "", "")
    do("HSET", "hash:mixed", *[p for i, t in enumerate(texts) for p in (f"f{i}", t)], 7, 7)
    do("CONFIG", "SET", f"hash-max-{packed}-entries", 2)
    do("CONFIG", "SET", f"zset-max-{packed}-entries", 2)
    do("ZADD", "zset:big", *scored)
    do("HSET", "hash:big", *[p for i in range(20) for p in (f"field{i}", i * 1000)], "bin", ALL_BYTES)
    if packed == "listpack":
        try:
            do("CONFIG", "SET", "set-max-listpack-entries", 2)
        except ServerError:
            pass  # Redis 7.0 has no such sets yet.
    do("SADD", "set:big", *[f"member{i}" for i in range(20)])
    do("CONFIG", "SET", "set-max-intset-entries", 3)
    do("SADD", "set:many ints", *range(10))

    if name in ("redis-8.0", "valkey-9.1"):
        do("CONFIG", "SET", "hash-max-listpack-entries", 10)
        for key, count in (("hash:ttl:small", 6), ("hash:ttl:big", 40)):
            do("HSET", key, *[p for i in range(count) for p in (f"f{i}", f"v{i}")])
            for i in range(0, count, 3):
                do("HPEXPIREAT", key, FAR + i * 1000, "FIELDS", 1, f"f{i}")
            do("HPEXPIREAT", key, FAR + 365 * 86400000, "FIELDS", 1, "f1")
        do("HSET", "hash:ttl:gone", "a", "b", "c", "d")
        do("HPEXPIREAT", "hash:ttl:gone", FAR, "FIELDS", 1, "a")
        do("HPERSIST", "hash:ttl:gone", "FIELDS", 1, "a")

    fill_streams(do, name)
    for database, key in ((3, "other"), (15, "last")):
        do("SELECT", database)
        do("SET", key, "database")
    do("SELECT", 0)
    if name != "redis-6.0":
        code = 'redis.register_function("one", function(keys, args) return 1 end)'
        do("FUNCTION", "LOAD", "#!lua name=library\n" + code)


def fill_streams(do, name):
    for i in range(1, 8):
        do("XADD", "stream:same", f"{1000 + i}-{i}", "temp", 20 + i, "unit", "C")
    do("XDEL", "stream:same", "1003-3")
    do("XADD", "stream:mixed", "1-1", "a", "1")
    do("XADD", "stream:mixed", "1-2", "b", "2", "c", ALL_BYTES)
    do("XADD", "stream:mixed", "5000000000000-0", "a", "a", "a", "again")
    do("XADD", "stream:mixed", f"{2**64 - 1}-{2**64 - 1}", "z", "")
    do("XDEL", "stream:mixed", "1-1")
    do("CONFIG", "SET", "stream-node-max-entries", 3)
    for i in range(1, 12):
        do("XADD", "stream:nodes", f"{i}-0", "n", i, "s", "v" * i)
    do("XDEL", "stream:nodes", "5-0", "11-0")
    do("XADD", "stream:empty", "7-7", "a", "b")
    do("XDEL", "stream:empty", "7-7")
    do("XGROUP", "CREATE", "stream:group only", "g", "0", "MKSTREAM")
    for group, start in (("g1", "0"), ("g2", "4-0"), ("g3", "$")):
        do("XGROUP", "CREATE", "stream:nodes", group, start)

    def read(group, consumer, count, start=">"):
        do("XREADGROUP", "GROUP", group, consumer, "COUNT", count, "STREAMS", "stream:nodes", start)

    read("g1", "alice", 3)
    read("g1", "bob", 2)
    read("g1", "alice", 1)
    do("XACK", "stream:nodes", "g1", "2-0")
    read("g1", "alice", 10, "0")
    do("XCLAIM", "stream:nodes", "g1", "bob", 0, "1-0", "RETRYCOUNT", 300, "TIME", 1234567890123)
    read("g2", ALL_BYTES[:20], 100)
    if name != "redis-6.0":
        do("XGROUP", "CREATECONSUMER", "stream:nodes", "g1", "idle")


def escape(value):
    if len(value) > 100:
        return f"#{len(value)}:{hashlib.sha256(value).hexdigest()[:16]}"
    return "".join(chr(c) if 32 < c < 127 and c != 92 else f"\\x{c:02x}" for c in value) or '""'


def describe(do, key):
    kind = do("TYPE", key).decode()
    if kind == "string":
        return kind, [escape(do("GET", key))]
    if kind == "list":
        return kind, [escape(e) for e in do("LRANGE", key, 0, -1)]
    if kind == "set":
        return kind, sorted(escape(m) for m in do("SMEMBERS", key))
    if kind == "zset":
        pairs = pairs_of(do("ZRANGE", key, 0, -1, "WITHSCORES"))
        return kind, sorted(f"{escape(m)} {struct.pack('>d', float(s)).hex()}" for m, s in pairs)
    if kind == "hash":
        pairs = pairs_of(do("HGETALL", key))
        return kind, sorted(f"{escape(f)} {escape(v)} {field_expiry(do, key, f)}" for f, v in pairs)
    return kind, describe_stream(do, key)


def describe_stream(do, key):
    lines = [" ".join([i.decode(), *map(escape, parts)]) for i, parts in do("XRANGE", key, "-", "+")]
    info = dict(pairs_of(do("XINFO", "STREAM", key, "FULL", "COUNT", 0)))
    names = (b"length", b"last-generated-id", b"recorded-first-entry-id", b"max-deleted-entry-id", b"entries-added")
    lines.append(" ".join(["info", *(text(info.get(n)) for n in names)]))
    for group in map(dict, map(pairs_of, info[b"groups"])):
        read = text(group.get(b"entries-read"))
        lines.append(f"group {escape(group[b'name'])} {group[b'last-delivered-id'].decode()} {read}")
        for consumer in map(dict, map(pairs_of, group[b"consumers"])):
            active = consumer.get(b"active-time", -1)
            lines.append(f"  consumer {escape(consumer[b'name'])} {consumer[b'seen-time']} {active}")
            lines += [f"    pending {i.decode()} {at} {count}" for i, at, count in consumer[b"pending"]]
    return lines


def field_expiry(do, key, field):
    try:
        return do("HPEXPIRETIME", key, "FIELDS", 1, field)[0]
    except ServerError:
        return -1


def pairs_of(flat):
    return list(zip(flat[::2], flat[1::2]))


def text(value):
    return "?" if value is None else value.decode() if isinstance(value, bytes) else str(value)


def main(port, name):
    do = Server(port)
    fill(do, name)
    with open(name + ".txt", "w", encoding="ascii", newline="\n") as out:
        for database in range(16):
            do("SELECT", database)
            for key in sorted(do("KEYS", "*")):
                kind, lines = describe(do, key)
                # Redis 6.0 cannot be asked when a key expires, and just one does.
                print(database, escape(key), kind, FAR if do("PTTL", key) > 0 else -1, file=out)
                for line in lines:
                    print(" ", line, file=out)
    do("SAVE")


main(int(sys.argv[1]), sys.argv[2])
