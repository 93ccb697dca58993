"""A file system that answers until its file has been opened, and never again: what NFS is when its server has gone.

hung_mount.py DIRECTORY INODE: mounts it there, with one file, "f", of that inode number; says "mounted" and, from the opening on, "hung".
What is asked then is not even read, so whoever asks can be killed. It ends when it is killed itself; then every call that hangs in it fails.
"""
import ctypes, os, signal, struct, sys

LOOKUP, GETATTR, OPEN, INIT = 1, 3, 14, 26

directory, inode = sys.argv[1], int(sys.argv[2])
fuse = os.open("/dev/fuse", os.O_RDWR)
libc = ctypes.CDLL(None, use_errno=True)
if libc.mount(b"hung", directory.encode(), b"fuse", 0, b"fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % fuse) != 0:
    sys.exit("mount: " + os.strerror(ctypes.get_errno()))
print("mounted", flush=True)


def attributes(node):
    mode, number = (0o40755, 1) if node == 1 else (0o100644, inode)
    return struct.pack("<6Q10I", number, 4096, 8, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


while True:
    request = os.read(fuse, 1 << 20)
    _, opcode, unique, node = struct.unpack_from("<IIQQ", request)
    if opcode == INIT:
        answer = struct.pack("<4I2H2I2HI7I", 7, 31, 0, 0, 12, 9, 65536, 1, 0, 0, 0, *[0] * 7)
    elif opcode == LOOKUP:
        answer = struct.pack("<4Q2I", 2, 0, 0, 0, 0, 0) + attributes(2)
    elif opcode == GETATTR:
        answer = struct.pack("<Q2I", 0, 0, 0) + attributes(node)
    elif opcode == OPEN:
        answer = struct.pack("<Q2I", 0, 0, 0)
    else:
        continue
    os.write(fuse, struct.pack("<IiQ", 16 + len(answer), 0, unique) + answer)
    if opcode == OPEN:
        break
print("hung", flush=True)
signal.pause()
