"""What pymavlink makes of frames, to hold our own reading against it. Needed in development only: pip install pymavlink==2.4.50

    python reference.py counts LOG.tlog.gz …     one JSON line for each log: frames, bad bytes, unknown ids, resets of the boot clock
    python reference.py decode LOG.tlog.gz …     one JSON line for each frame: [message, hex of the frame, fields]; --every N takes each N-th
    python reference.py fixture > FILE           the same for made-up frames of every message that telemetry is made of, in both versions
"""

import argparse
import collections
import gzip
import json
import math
import os
import random
import tempfile

os.environ["MAVLINK20"] = "1"
from pymavlink import mavutil  # noqa: E402
from pymavlink.dialects.v10 import all as v1  # noqa: E402
from pymavlink.dialects.v20 import all as v2  # noqa: E402

GROUND = 255
# What a boot clock must fall back by to be called a reset, ms: messages of one moment come in any order.
RESET = 2_000
# What features are made of, and messages with every type of field: characters, arrays, 64 bits, doubles.
MESSAGES = """HEARTBEAT SYS_STATUS SYSTEM_TIME GPS_RAW_INT GPS2_RAW GPS_STATUS SCALED_IMU RAW_IMU SCALED_PRESSURE SCALED_PRESSURE2 ATTITUDE
ATTITUDE_QUATERNION LOCAL_POSITION_NED GLOBAL_POSITION_INT SERVO_OUTPUT_RAW RC_CHANNELS RC_CHANNELS_RAW MISSION_CURRENT MISSION_ITEM_INT
NAV_CONTROLLER_OUTPUT VFR_HUD COMMAND_ACK ATTITUDE_TARGET POSITION_TARGET_GLOBAL_INT HIGHRES_IMU RADIO_STATUS SCALED_IMU2 SCALED_IMU3 BATTERY_STATUS
POWER_STATUS TERRAIN_REPORT VIBRATION HOME_POSITION EXTENDED_SYS_STATE ESTIMATOR_STATUS WIND_COV ALTITUDE STATUSTEXT NAMED_VALUE_FLOAT TIMESYNC
AHRS AHRS2 HWSTATUS MEMINFO WIND EKF_STATUS_REPORT FENCE_STATUS RADIO AIRSPEED AOA_SSA BATTERY2 ESC_TELEMETRY_1_TO_4 ESC_TELEMETRY_5_TO_8
SIMSTATE GLOBAL_POSITION_INT_COV ODOMETRY GNSS_INTEGRITY ADSB_VEHICLE AUTOPILOT_VERSION ACTUATOR_OUTPUT_STATUS ESC_STATUS""".split()

SIZES = {"int8_t": 8, "uint8_t": 8, "int16_t": 16, "uint16_t": 16, "int32_t": 32, "uint32_t": 32, "int64_t": 64, "uint64_t": 64}


def plain(value):
    """As JSON can hold it: what is not finite as null, bytes as text."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).split(b"\0")[0].decode("latin-1")
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def fields(message):
    return {name: plain(getattr(message, name)) for name in message.get_fieldnames()}


def frames(path):
    """Messages of a telemetry log, as mavlogfile reads it."""
    with tempfile.NamedTemporaryFile(suffix=".tlog", delete=False) as copy:
        copy.write(gzip.open(path).read() if path.endswith(".gz") else open(path, "rb").read())
    try:
        log = mavutil.mavlink_connection(copy.name, dialect="all", robust_parsing=True)
        while (message := log.recv_msg()) is not None:
            yield message
        log.close()
    finally:
        os.unlink(copy.name)


def counts(path):
    count = collections.Counter()
    last = {}
    for message in frames(path):
        kind = message.get_type()
        if kind == "BAD_DATA":
            count["bad"] += 1
            continue
        if kind.startswith("UNKNOWN_"):
            count["unknown"] += 1
            continue
        count["frames"] += 1
        boot = getattr(message, "time_boot_ms", None)
        if boot is None or message.get_srcSystem() == GROUND:
            continue
        sender = (message.get_srcSystem(), message.get_srcComponent())
        if boot < last.get(sender, 0) - RESET:
            count["resets"] += 1
        last[sender] = boot
    return {"log": os.path.basename(path), **{name: count[name] for name in ("frames", "unknown", "resets")}}


def decode(path, every):
    for i, message in enumerate(frames(path)):
        kind = message.get_type()
        if i % every or kind == "BAD_DATA" or kind.startswith("UNKNOWN_"):
            continue
        yield [kind, bytes(message.get_msgbuf()).hex(), fields(message)]


def made_up(kind, length, extremes):
    """A value of a type; now and then an extreme one, which often means "not known"."""
    if kind == "char":
        return "".join(random.choice("abcXYZ 019_") for _ in range(random.randrange(0, length + 1))).encode()
    def one():
        if kind in ("float", "double"):
            return random.choice([0.0, math.nan, 1e-3, -2.5]) if extremes and random.random() < 0.2 else random.uniform(-1e3, 1e3)
        bits = SIZES[kind]
        low = 0 if kind.startswith("u") else -(1 << (bits - 1))
        high = (1 << bits) - 1 + low
        if extremes and random.random() < 0.3:
            return random.choice([low, high, 0, -1 if low else 1])
        # What a double cannot hold is no concern of telemetry.
        return random.randint(max(low, -(1 << 52)), min(high, 1 << 52))
    return one() if length == 0 else [one() for _ in range(length)]


def fixture():
    random.seed(1)
    for name in MESSAGES:
        for dialect in (v2, v1):
            known = {kind.msgname: kind for kind in dialect.mavlink_map.values()}
            if name not in known:
                continue
            kind = known[name]
            for extremes in (False, True):
                lengths = dict(zip(kind.ordered_fieldnames, kind.array_lengths))
                types = dict(zip(kind.fieldnames, kind.fieldtypes))
                message = kind(*[made_up(types[field], lengths[field], extremes) for field in kind.fieldnames])
                sender = dialect.MAVLink(None, srcSystem=7, srcComponent=1)
                frame = bytes(message.pack(sender))
                read = dialect.MAVLink(None)
                yield [name, frame.hex(), fields(read.decode(bytearray(frame)))]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["counts", "decode", "fixture"])
    parser.add_argument("logs", nargs="*")
    parser.add_argument("--every", type=int, default=1)
    options = parser.parse_intermixed_args()
    if options.what == "fixture":
        lines = list(fixture())
    elif options.what == "counts":
        lines = (counts(path) for path in options.logs)
    else:
        lines = (line for path in options.logs for line in decode(path, options.every))
    for line in lines:
        print(json.dumps(line, separators=(",", ":")))


main()
