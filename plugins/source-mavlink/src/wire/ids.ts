// Numbers of the protocol that code decides by. Source: https://mavlink.io/en/messages/common.html and minimal.html

/** Message ids. */
export const ID = {
  HEARTBEAT: 0,
  SYSTEM_TIME: 2,
  PARAM_VALUE: 22,
  GPS_RAW_INT: 24,
  RAW_IMU: 27,
  GLOBAL_POSITION_INT: 33,
  MISSION_CURRENT: 42,
  MISSION_COUNT: 44,
  MISSION_ACK: 47,
  MISSION_ITEM_INT: 73,
  COMMAND_ACK: 77,
  AUTOPILOT_VERSION: 148,
  HOME_POSITION: 242,
  RADIO_STATUS: 109,
  /** Of ArduPilot, the same as RADIO_STATUS and older. */
  RADIO: 166,
  FENCE_STATUS: 162,
  ESTIMATOR_STATUS: 230,
  STATUSTEXT: 253,
  VIBRATION: 241,
} as const;

/** Where type, autopilot and base mode stand in the payload of a HEARTBEAT. */
export const HEARTBEAT_TYPE = 4;
export const HEARTBEAT_AUTOPILOT = 5;
export const HEARTBEAT_MODE = 6;
/** MAV_MODE_FLAG_SAFETY_ARMED. */
export const MODE_ARMED = 128;
/** MAV_TYPE_GCS. */
export const TYPE_GROUND = 6;
/** MAV_AUTOPILOT_ARDUPILOTMEGA. */
export const AUTOPILOT_ARDUPILOT = 3;
/** MAV_AUTOPILOT_PX4. */
export const AUTOPILOT_PX4 = 12;
/** MAV_AUTOPILOT_INVALID: what gimbals, cameras and ground stations say. */
export const AUTOPILOT_INVALID = 8;

/** System ids 1 … 254 are vehicles; ground stations call themselves 255 by convention. */
export const SYSTEM_GROUND = 255;
export const COMPONENT_AUTOPILOT = 1;
/** MAV_COMP_ID_TELEMETRY_RADIO. */
export const COMPONENT_RADIO = 68;
/** MAV_COMP_ID_MISSIONPLANNER, which other ground stations use as well. */
export const COMPONENT_GROUND = 190;
