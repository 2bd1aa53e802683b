/** On-board logs for tests, written record by record. */

const SIZES: Readonly<Record<string, number>> = {
  b: 1,
  B: 1,
  M: 1,
  h: 2,
  H: 2,
  c: 2,
  C: 2,
  g: 2,
  i: 4,
  I: 4,
  e: 4,
  E: 4,
  L: 4,
  f: 4,
  n: 4,
  q: 8,
  Q: 8,
  d: 8,
  N: 16,
  Z: 64,
  a: 64,
};
const HUNDREDTHS = 'cCeE';
const FMT = 128;

export type Value = number | string;

/** A type of record. */
export interface Type {
  readonly type: number;
  readonly name: string;
  readonly format: string;
  readonly columns: string;
}

/** The types that flights in tests have. */
export const TYPES = {
  PARM: { type: 64, name: 'PARM', format: 'QNf', columns: 'TimeUS,Name,Value' },
  MSG: { type: 65, name: 'MSG', format: 'QZ', columns: 'TimeUS,Message' },
  MODE: { type: 66, name: 'MODE', format: 'QMBB', columns: 'TimeUS,Mode,ModeNum,Rsn' },
  EV: { type: 67, name: 'EV', format: 'QB', columns: 'TimeUS,Id' },
  ARM: { type: 68, name: 'ARM', format: 'QBIBB', columns: 'TimeUS,ArmState,ArmChecks,Forced,Method' },
  ERR: { type: 69, name: 'ERR', format: 'QBB', columns: 'TimeUS,Subsys,ECode' },
  GPS: {
    type: 70,
    name: 'GPS',
    format: 'QBBIHBcLLeffffB',
    columns: 'TimeUS,I,Status,GMS,GWk,NSats,HDop,Lat,Lng,Alt,Spd,GCrs,VZ,Yaw,U',
  },
  GPA: { type: 71, name: 'GPA', format: 'QBCCCCfBIH', columns: 'TimeUS,I,VDop,HAcc,VAcc,SAcc,YAcc,VV,SMS,Delta' },
  BAT: {
    type: 72,
    name: 'BAT',
    format: 'QBfffffcfB',
    columns: 'TimeUS,Instance,Volt,VoltR,Curr,CurrTot,EnrgTot,Temp,Res,RemPct',
  },
  BCL: { type: 73, name: 'BCL', format: 'QBfHHHH', columns: 'TimeUS,Instance,Volt,V1,V2,V3,V4' },
  ATT: {
    type: 74,
    name: 'ATT',
    format: 'QccccCCCCB',
    columns: 'TimeUS,DesRoll,Roll,DesPitch,Pitch,DesYaw,Yaw,ErrRP,ErrYaw,AEKF',
  },
  POS: { type: 75, name: 'POS', format: 'QLLfff', columns: 'TimeUS,Lat,Lng,Alt,RelHomeAlt,RelOriginAlt' },
  XKF1: { type: 76, name: 'XKF1', format: 'QBfff', columns: 'TimeUS,C,VN,VE,VD' },
  XKF4: { type: 77, name: 'XKF4', format: 'QBccccHb', columns: 'TimeUS,C,SV,SP,SH,SM,SS,PI' },
  VIBE: { type: 78, name: 'VIBE', format: 'QBfffI', columns: 'TimeUS,IMU,VibeX,VibeY,VibeZ,Clip' },
  RCOU: { type: 79, name: 'RCOU', format: 'QHHHH', columns: 'TimeUS,C1,C2,C3,C4' },
  IMU: { type: 80, name: 'IMU', format: 'QBffffff', columns: 'TimeUS,I,GyrX,GyrY,GyrZ,AccX,AccY,AccZ' },
  MAG: { type: 81, name: 'MAG', format: 'QBhhh', columns: 'TimeUS,I,MagX,MagY,MagZ' },
  BARO: { type: 82, name: 'BARO', format: 'QBffc', columns: 'TimeUS,I,Alt,Press,Temp' },
  CTUN: { type: 83, name: 'CTUN', format: 'Qffff', columns: 'TimeUS,ThI,ThO,DAlt,Alt' },
  ESC: { type: 84, name: 'ESC', format: 'QBeeffcfcf', columns: 'TimeUS,Instance,RPM,RawRPM,Volt,Curr,Temp,CTot,MotTemp,Err' },
  ORGN: { type: 85, name: 'ORGN', format: 'QBLLe', columns: 'TimeUS,Type,Lat,Lng,Alt' },
  FNCE: { type: 86, name: 'FNCE', format: 'QBBBLLBf', columns: 'TimeUS,Tot,Seq,Type,Lat,Lng,Count,Radius' },
  /** Nothing becomes of it. */
  PM: { type: 87, name: 'PM', format: 'QHag', columns: 'TimeUS,NLon,Raw,Load' },
} as const satisfies Record<string, Type>;

function put(into: Buffer, at: number, character: string, value: Value): void {
  const size = SIZES[character]!;
  if ('nNZa'.includes(character)) {
    into.write(String(value), at, size, 'latin1');
    return;
  }
  const number = Number(value) * (HUNDREDTHS.includes(character) ? 100 : character === 'L' ? 1e7 : 1);
  if (character === 'f') into.writeFloatLE(number, at);
  else if (character === 'd') into.writeDoubleLE(number, at);
  else if (size === 8) into.writeBigInt64LE(BigInt(Math.round(number)), at);
  else if ('bhicel'.includes(character) || character === 'L') into.writeIntLE(Math.round(number), at, size);
  else into.writeUIntLE(Math.round(number), at, size);
}

/** The bytes of one record; `a` and what is left out are zeros. */
export function logged({ type, format }: Pick<Type, 'type' | 'format'>, ...values: readonly Value[]): Buffer {
  const length = [...format].reduce((sum, character) => sum + SIZES[character]!, 3);
  const bytes = Buffer.alloc(length);
  bytes.set([0xa3, 0x95, type]);
  let at = 3;
  for (const [i, character] of [...format].entries()) {
    const value = values[i];
    if (value !== undefined) put(bytes, at, character, value);
    at += SIZES[character]!;
  }
  return bytes;
}

/** The FMT record that describes a type. @param length what it says of the length of records, if not the truth */
export function described({ type, name, format, columns }: Type, length?: number): Buffer {
  const size = length ?? logged({ type, format }).length;
  return logged({ type: FMT, format: 'BBnNZ' }, type, size, name, format, columns);
}

/** All types, described. */
export const HEADER = Buffer.concat(Object.values(TYPES).map((type) => described(type)));

/** A flight of a quadcopter, system 7, ten records of each kind a second from `first` s after boot on. */
export function quadFlight(seconds: number, first = 60): Buffer {
  const us = (t: number) => Math.round((first + t) * 1e6);
  const records: Buffer[] = [
    HEADER,
    logged(TYPES.PARM, us(0), 'SYSID_THISMAV', 7),
    logged(TYPES.PARM, us(0), 'FRAME_CLASS', 1),
    logged(TYPES.PARM, us(0), 'BATT_CAPACITY', 5_000),
    logged(TYPES.PARM, us(0), 'SERVO1_FUNCTION', 33),
    logged(TYPES.MSG, us(0), 'ArduCopter V4.5.7 (abcdef12)'),
    logged(TYPES.ORGN, us(0), 1, 47.4, 8.5, 488),
    logged(TYPES.EV, us(0.1), 10),
  ];
  for (let i = 0; i < seconds * 10; i++) {
    const t = i / 10;
    const roll = 10 * Math.sin(t);
    for (const instance of [0, 1]) {
      records.push(
        logged(TYPES.IMU, us(t), instance, 0.01, 0.02, 0.03, 0.1, 0.2, -9.80665),
        logged(TYPES.MAG, us(t), instance, 200, 50, -500 + (i % 5)),
        logged(TYPES.VIBE, us(t), instance, 1, 2, 3 + instance, 4 + instance),
      );
    }
    records.push(
      logged(TYPES.ATT, us(t), roll, roll - 1, 5, 4, 350, 349),
      logged(TYPES.XKF1, us(t), 0, 1, 2, -0.5),
      logged(TYPES.XKF4, us(t), 0, 0.1, 0.2, 0.3, 0.4, 0x33f, 0),
      logged(TYPES.POS, us(t), 47.4 + i * 1e-6, 8.5, 500, 12, 12),
      logged(TYPES.RCOU, us(t), 1_500, 1_510, 1_520, 1_530),
      logged(TYPES.BARO, us(t), 0, 12, 95_000 - i, 21),
      logged(TYPES.CTUN, us(t), 0.4, 0.35, 12.5, 12),
      logged(TYPES.BAT, us(t), 0, 16 - t / 100, 16, 20, 10 + i, 1, 0, 0.01, 255),
      logged(TYPES.PM, us(t), 400),
    );
    if (i === 20) records.push(logged(TYPES.EV, us(t), 28));
    if (i % 2 === 0) {
      records.push(logged(TYPES.GPS, us(t), 0, 3, 200_000_000 + i * 100, 2_400, 12, 0.8, 47.4, 8.5, 500, 2.2, 63, -0.5));
    }
  }
  records.push(logged(TYPES.EV, us(seconds), 18), logged(TYPES.EV, us(seconds), 11));
  return Buffer.concat(records);
}
