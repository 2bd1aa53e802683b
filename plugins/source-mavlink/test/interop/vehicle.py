"""A vehicle made of pymavlink, for interop.test.ts: telemetry, parameters, a fence, commands, and a ground station on the same line.

Usage: vehicle.py udp PORT | listen | tcp PORT | pty PATH    [--key HEX]
It prints JSON lines: {"ready": where}, then {"heard": type, "from": [system, component], "signed": bool, ...} for each frame that it is sent.
It reads commands, one a line: "ground on", "ground off", "drop" (closes its end and opens it again), "quit".
"""
import json
import os
import select
import socket
import sys
import time

from pymavlink.dialects.v20 import ardupilotmega as m

KIND = sys.argv[1]
PARAMETERS = {'SYSID_MYGCS': 255.0, 'FENCE_RADIUS': 250.0, 'BATT_CAPACITY': 5200.0, 'RTL_ALT': 1500.0}
FENCE = [(47.4, 8.5), (47.41, 8.5), (47.4, 8.51)]


def tell(**fields):
    print(json.dumps(fields), flush=True)


class Line:
    """The end of a line that is ours; `write` is what pymavlink calls."""

    def __init__(self):
        self.port = int(sys.argv[2]) if KIND in ('udp', 'tcp') else 0
        self.server = None
        self.open()

    def open(self):
        self.peer = None
        if KIND == 'udp':
            self.peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.peer.connect(('127.0.0.1', self.port))
        elif KIND == 'listen':
            self.peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.peer.bind(('127.0.0.1', self.port))
            self.port = self.peer.getsockname()[1]
            self.sender = None
            tell(ready=self.port)
        elif KIND == 'tcp':
            self.server = socket.socket()
            self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.server.bind(('127.0.0.1', self.port))
            self.server.listen(1)
            self.port = self.server.getsockname()[1]
            tell(ready=self.port)
        else:
            import tty
            self.master, self.slave = os.openpty()
            tty.setraw(self.master)
            tty.setraw(self.slave)
            link = sys.argv[2]
            if os.path.lexists(link):
                os.unlink(link)
            os.symlink(os.ttyname(self.slave), link)
            tell(ready=link)
        if KIND == 'udp':
            tell(ready=self.port)

    def close(self):
        for one in (self.peer, self.server):
            if one:
                one.close()
        if KIND == 'pty':
            os.close(self.slave)
            os.close(self.master)

    def readers(self):
        if KIND == 'pty':
            return [self.master]
        return [one for one in (self.peer, None if self.peer else self.server) if one]

    def read(self, one):
        if one is self.server:
            self.peer, _ = self.server.accept()
            self.peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return b''
        if KIND == 'listen':
            data, self.sender = one.recvfrom(4096)
            return data
        try:
            data = os.read(self.master, 4096) if KIND == 'pty' else one.recv(4096)
        except OSError:
            data = b''
        if not data and KIND == 'tcp':
            self.peer.close()
            self.peer = None
        return data

    def write(self, data):
        try:
            if KIND == 'pty':
                os.write(self.master, data)
            elif KIND == 'listen':
                if self.sender:
                    self.peer.sendto(data, self.sender)
            elif self.peer:
                self.peer.send(data)
        except OSError:
            pass


line = Line()
mav = m.MAVLink(line, srcSystem=7, srcComponent=1)
mav.robust_parsing = True
ground = m.MAVLink(line, srcSystem=255, srcComponent=190)
for one in (mav, ground):
    if '--key' in sys.argv:
        one.signing.secret_key = bytes.fromhex(sys.argv[sys.argv.index('--key') + 1])
        one.signing.link_id = 1 if one is mav else 2
        one.signing.timestamp = int((time.time() - 1420070400) * 1e5)
        one.signing.sign_outgoing = True


def answer(message):
    kind = message.get_type()
    if kind == 'PARAM_REQUEST_READ':
        name = message.param_id
        if name in PARAMETERS:
            mav.param_value_send(name.encode(), PARAMETERS[name], m.MAV_PARAM_TYPE_REAL32, len(PARAMETERS), 0)
    elif kind == 'COMMAND_LONG':
        known = message.command in (511, 512)
        mav.command_ack_send(message.command, 0 if known else 3)
        if message.command == 512 and message.param1 == 242:
            mav.home_position_send(474000000, 85000000, 488000, 0, 0, 0, [1, 0, 0, 0], 0, 0, 0)
    elif kind == 'MISSION_REQUEST_LIST':
        mav.mission_count_send(245, 191, len(FENCE), 1)
    elif kind == 'MISSION_REQUEST_INT':
        lat, lon = FENCE[message.seq]
        mav.mission_item_int_send(245, 191, message.seq, 0, 5001, 0, 0, len(FENCE), 0, 0, 0, int(lat * 1e7), int(lon * 1e7), 0, 1)


ground_on = False
beat = fast = count = 0
start = time.time()
while True:
    now = time.time()
    readable, _, _ = select.select(line.readers() + [sys.stdin], [], [], 0.01)
    for one in readable:
        if one is sys.stdin:
            command = sys.stdin.readline().strip()
            if command in ('', 'quit'):
                line.close()
                sys.exit(0)
            elif command == 'drop':
                line.close()
                time.sleep(0.3)
                line.open()
            else:
                ground_on = command == 'ground on'
            continue
        for message in mav.parse_buffer(line.read(one)) or []:
            if message.get_type() == 'BAD_DATA':
                tell(bad=message.reason)
                continue
            header = message.get_header()
            fields = {key: value for key, value in message.to_dict().items() if isinstance(value, (int, float, str)) and value == value}
            tell(heard=message.get_type(), **{'from': [header.srcSystem, header.srcComponent]}, signed=bool(message._signed), fields=fields)
            answer(message)
    if now >= beat:
        beat = now + 1
        mav.heartbeat_send(m.MAV_TYPE_QUADROTOR, m.MAV_AUTOPILOT_ARDUPILOTMEGA, 81, 0, 4)
        if ground_on:
            ground.heartbeat_send(m.MAV_TYPE_GCS, m.MAV_AUTOPILOT_INVALID, 0, 0, 4)
    if now >= fast:
        fast = now + 0.02
        boot = int((now - start) * 1000)
        mav.attitude_send(boot, count / 1000, 0, 0, 0, 0, 0)
        mav.sys_status_send(0, 0, 0, 300, 11900, 1500, 80, 0, 0, 0, 0, 0, 0)
        count += 1
