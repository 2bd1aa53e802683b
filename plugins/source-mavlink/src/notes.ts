/** The end of the reference page. */
export const NOTES = `## Connections

| \`connect\` | what it is |
| --- | --- |
| \`file:flight.tlog\` | a telemetry log, as ground stations record it; gzipped is fine |
| \`file:00000042.BIN\` | an on-board log of ArduPilot (DataFlash), gzipped or not; or \`.log\` as text: see below |
| \`file:log_42.ulg\` | an on-board log of PX4 (ULog), gzipped or not: see below |
| \`udpin:0.0.0.0:14550\` | a UDP port: whoever sends there is heard, many vehicles if need be |
| \`udpout:192.168.1.7:14550\` | a UDP address that does not know of us: needs \`mode: active\` |
| \`tcp:127.0.0.1:5760\` | a TCP server: a simulator, a router, a serial server |
| \`serial:/dev/ttyUSB0:57600\`, \`serial:COM3:57600\` | a telemetry radio or a cable; needs the package \`serialport\` (13) |
| \`simulator\` | simulated vehicles in this process, set up under \`simulator\` |

A string gives each system that is heard a key of its own. A list of \`{ vehicle: KEY, connect: … }\` names them; recordings in such a list are merged by event
time, so that logs of one vehicle (under one key) follow each other and those of several stand side by side. A file that is not what its name says is refused with
what it seems to be; so is a stream of frames without the stamps of a telemetry log, because nothing in it says when they came. Links connect again by themselves, with pauses from
0.5 to 10 s; \`/ready\` says why when none is up. Where a live source stands cannot be saved; recordings resume exactly, also when they have grown since; one that was cut or replaced is refused.

## Vehicles

The vehicle of a system is its autopilot: component 1, or the first that says in a HEARTBEAT that it is one. Other components (gimbals, cameras, companion
computers) are counted and not mixed in. Ground stations (system 255, component 190, or a HEARTBEAT of type GCS) are left out. What a telemetry radio says
(RADIO_STATUS, or RADIO of older ones, from component 68) is that of the vehicle behind it.

What flies is told as \`vehicle\`: type and autopilot of its HEARTBEAT, its version and the number of its board (AUTOPILOT_VERSION, which \`mode: active\` asks for), what ArduPilot
writes of itself when it starts, AHRS_EKF_TYPE; again whenever more of that was heard.

A frame that came before, by its number and its checksum, is dropped (two routers bring each twice). One that comes behind later ones is late, not lost: a number
that was passed over is lost when it has not come for a second. One vehicle on two links has two counters, which are told apart. Where two counters under one id say
what one vehicle cannot (boot clocks of two boots, places 250 m apart at once, two types), two vehicles send under it, as out of the box all do: frames of that id are
dropped as \`two_vehicles\`, with how it is known and from which addresses, until one of them was gone for ten seconds; the stretch is missing (\`two vehicles under one id\`).

## Messages

Every message of the dialects minimal, common, standard, ardupilotmega, uavionix, icarous, asluav, development, ualberta and storm32 can be
listed. Its observation type is its name in lower case, its fields are in snake_case and scaled to plain units: volts, amperes, metres, degrees,
metres per second; times stay in the unit of their names. A value that MAVLink calls invalid or unknown (65535 mV, −1 cA, 255 satellites), a
number that is not finite, and extension fields in MAVLink 1 are absent. Arrays of up to four numbers become fields of their own
(\`voltage_0\`), longer ones are left out; characters become text.

Five types are the source's own and always emitted: \`link\` (frames and losses, every second of event time while frames come, and nothing in a silence),
\`parameter\` and \`setting\` (see below), \`fence_item\`, and \`vehicle\` (what flies, once in an on-board log).

## Parameters

Whatever a vehicle says of its parameters, to whomever, becomes a \`parameter\` with its name and its value as the vehicle has it (whole numbers of PX4 travel as bytes, those of ArduPilot as
floats); of some also a \`setting\` in plain units. Parameters of simulators (\`SIM_…\`) are nobody's business: an autopilot under test says in them which faults are injected. PARAM_VALUE itself cannot
be listed under \`messages\`. A link is never asked for the whole list.

## Time

Event time is the vehicle's boot clock (\`time_boot_ms\`) plus an offset that is found once for each boot. Of a recording, that is the vehicle's own Unix time
(SYSTEM_TIME, which a GPS sets) where it comes within five seconds of the first sight, else the recorder's stamp at that moment; later jumps of the stamps do not matter.
Vehicles of one recording keep together: what a GPS has shown of the recorder's clock holds for all.
Of a link, it is our own clock at arrival less the least delay that was seen, so a constant delay of the link is in it and a changing one is not; it follows a boot clock
that runs slow by up to 100 ppm. Event time of a vehicle never goes back.

A message is placed by when it was measured, not by when it arrived: links pause and burst. \`time_usec\` of GPS_RAW_INT, RAW_IMU, VIBRATION and ESTIMATOR_STATUS counts
like \`time_boot_ms\` where it agrees with the boot clock within some seconds; a message without any time takes that of the last one with one, and only after three seconds
of nothing else do stamps move time on.

A boot clock that is back by more than two seconds in two messages is a reboot: the stretch is reported missing (\`vehicle rebooted\`). A vehicle that was not
heard for longer than \`silence\` is reported missing when it is heard again (\`link lost\`). Of a link, event time waits up to \`wait\` for vehicles that speak, and what comes
later yet is taken for the moment that was told.

## On-board logs

A \`.bin\` becomes the observations that its vehicle would have sent, at the rate of the log. Fields that a log does not hold are absent, so every field of a
message is declared as optional where a \`.bin\` is read. All types of records are read as their FMT records lay them out, of logs since 2013; these become something:

| records | observations |
| --- | --- |
| ATT, RATE | \`attitude\`; the wanted angles as \`attitude_target\` and in \`nav_controller_output\` |
| POS, XKF1, NKF1, EKF1 | \`global_position_int\`, \`local_position_ned\`; without POS the height of CTUN |
| XKF2, NKF2, EKF2; XKF4, NKF4, EKF4 | \`wind\`; \`ekf_status_report\`, of the filter that flies |
| CTUN, ARSP | \`nav_controller_output\`, \`vfr_hud\`, \`airspeed\` |
| IMU, MAG, VIBE, BARO | \`raw_imu\`, \`scaled_imu2\`, \`scaled_imu3\`, \`vibration\`, \`scaled_pressure\`, \`scaled_pressure2\`, \`scaled_pressure3\` |
| ISBH with ISBD; ACC, GYR, IMU with 100 samples a second | \`accel_spectrum\`, \`gyro_spectrum\` |
| RATE a hundred times a second | \`rate_step\` |
| GPS, GPA | \`gps_raw_int\`, \`gps2_raw\`, \`system_time\` |
| BAT, CURR, BCL, POWR | \`sys_status\`, \`battery_status\`, \`power_status\` |
| RCOU, RCIN, ESC, RAD | \`servo_output_raw\`, \`rc_channels\`, \`esc_telemetry_1_to_4\`, \`esc_telemetry_5_to_8\`, \`radio_status\` |
| MODE, ARM, EV | \`heartbeat\` and \`extended_sys_state\`, every second and when they change |
| ERR, EV, MSG | \`statustext\`, errors and events in words and as bad as the text that ArduPilot sends with them; of the fence \`fence_status\`, of the remote control its bit in \`sys_status\` |
| PARM, FNCE, ORGN | \`parameter\` and \`setting\`, \`fence_item\`, \`home_position\` |

The key comes from SYSID_THISMAV, the kind of vehicle from its firmware's message and FRAME_CLASS. A log that says nothing of arming is taken for armed while its
throttle is above 5 %; one without throttle as well, from when it is upright and fast, or high by the estimate and by its barometer, until it is low and slow. The health of sensors is not logged, nor how a link did: \`link\` never comes, and what is made of it stays missing. A current that was
always 0 is that of a monitor without a shunt, and absent.

Event time is the boot clock plus the time of the first GPS fix in the first 16 MiB, less leap seconds; a log without one counts from 2000-01-01 on and says so. A receiver whose ten bits of weeks
ran over says dates before 2009: 1,024 weeks are added, and that is said. Where one table of formats describes a type twice, each record is read as the one that fits it
(by its length and by what follows), which is said; a second log in the file has a table of its own.
A boot clock that is back by more than two seconds in two records is a second flight in the file: it is told as \`vehicle rebooted\` and follows at once.

The same log as a ground station writes it as text (\`.log\`: a line for each record, its name and values with commas between) is read in the same way.

## Logs of PX4

A \`.ulg\` becomes the observations that its vehicle would have sent, at the rate of the log. All of the format is read: topics within topics, several of a name, data that was appended
after a crash, what the recorder dropped (\`log dropout\`), parameters, logged messages with and without tags. These topics become something; others are passed over:

| topics | observations |
| --- | --- |
| vehicle_attitude, vehicle_angular_velocity, vehicle_attitude_setpoint | \`attitude\`, \`attitude_target\` |
| vehicle_global_position, vehicle_local_position, home_position | \`global_position_int\`, \`local_position_ned\`, \`home_position\` |
| estimator_status of the one in office (estimator_selector_status) | \`estimator_status\`; until 1.11 \`vibration\` |
| sensor_combined, vehicle_imu, vehicle_imu_status, vehicle_magnetometer, vehicle_air_data | \`raw_imu\`, \`scaled_imu2\`, \`scaled_imu3\`, \`vibration\`, \`scaled_pressure\` |
| sensor_combined, sensor_accel, sensor_gyro, sensor_accel_fifo, sensor_gyro_fifo with 100 samples a second | \`accel_spectrum\`, \`gyro_spectrum\` |
| vehicle_angular_velocity a hundred times a second, with vehicle_rates_setpoint | \`rate_step\` |
| vehicle_gps_position, or else sensor_gps | \`gps_raw_int\`, \`gps2_raw\`, \`system_time\` |
| battery_status | \`sys_status\`, \`battery_status\` |
| actuator_motors, or else actuator_outputs that are pulses; esc_status; input_rc | \`servo_output_raw\`, \`esc_telemetry_1_to_4\`, \`esc_telemetry_5_to_8\`, \`rc_channels\` |
| airspeed_validated, or else airspeed; wind, wind_estimate | \`vfr_hud\`, \`wind_cov\` |
| vehicle_status, vehicle_land_detected | \`heartbeat\` and \`extended_sys_state\`, every second and when they change; a fail-safe as the state \`critical\` |
| logged messages | \`statustext\` with their level |
| parameters, at the beginning and when they are changed | \`parameter\`; BAT1_CAPACITY, GF_ACTION, GF_MAX_HOR_DIST, GF_MAX_VER_DIST as \`setting\` by the names of ArduPilot |

The key comes from MAV_SYS_ID, the kind of vehicle from vehicle_status or else SYS_AUTOSTART. Event time is the boot clock plus the time of the first GPS fix in the first 16 MiB; a simulator's log
that counts Unix time is taken at its word, and one without either counts from 2000-01-01 on. What a log repeats of long before it began counts as said at its beginning. PX4's events have no text in the log and
are left out; it logs what matters as messages as well. A log with flags that are not known is refused.

## What it sends

Passive, it sends nothing. Active, it sends HEARTBEAT (as an on-board controller, never a ground station), PARAM_REQUEST_READ, COMMAND_LONG with the commands
SET_MESSAGE_INTERVAL and REQUEST_MESSAGE, REQUEST_DATA_STREAM where single messages are not known, and of the fence MISSION_REQUEST_LIST, MISSION_REQUEST_INT and
MISSION_ACK; nothing else can be encoded. It listens for three seconds first, to each vehicle as well and for its HEARTBEAT, which says what it can be asked for: an autopilot that is asked for
what it does not know says so in the window of every ground station.

It asks side by side, within a tenth of what a serial line carries, for rates, home, the fence and a closed list of parameters (those that become a \`setting\`, those of
fail-safes and of the filters of the gyroscopes), so that nothing waits for what is never answered. Rates are looked after: a message that comes at less than half of its rate is asked for
again, after 15 s and then less and less often, up to every ten minutes. The count of the fence's items is asked for every minute, all of them every five minutes and when a count, an
id, FENCE_TOTAL or an accepted upload says that the fence is another one.

A **ground station** keeps its rates, and while it is heard and for \`active.ground\` after that, no heartbeat of ours is sent. On a companion's port the autopilot forwards the heartbeats
of every ground station, and a router does as well: messages that do not come at all are asked for then, each once, and none that comes. A ground station that is heard from an end of its
own, where no vehicle is heard, is on this very link: what comes here is what it has asked for, and rates are asked for only if nothing but heartbeats comes for ten seconds.

ArduPilot's **fail-safe for a lost ground station** waits for heartbeats of the system in SYSID_MYGCS (since 4.7: from MAV_GCS_SYSID to MAV_GCS_SYSID_HI). Questions do not count for it, our
heartbeat would. So an ArduPilot gets one only once it has said that our \`active.system\` is not that (or below its range), and it is asked again every minute; an end of a link from which a vehicle
is heard that has not said so gets none at all. Where it is ours, nothing is sent to that vehicle any more, with an error in the log; others are spoken to. (The question to whoever is there, on a link
on which nobody is heard until one speaks, goes on.)

## Signatures

With \`signing\`, frames must be signed with the key, and newer than what was heard of the same sender on the same link; a sender that was not heard before may not be
more than a minute behind the newest. What telemetry radios say themselves is taken unsigned. What is sent is signed as well.

## Counts

Dropped and reported: \`bad_crc\` (frames), \`garbage\` (bytes that belong to no frame or record), \`unsupported_flags\` (frames with incompatibility flags
other than the signature), \`bad_signature\`, \`replayed\`, \`unsigned\`, \`two_vehicles\` (see above), \`bad_time\` (recorded frames stamped after 2100), \`truncated_file\`,
\`bad_format\` (types or topics of an on-board log whose description contradicts itself; their records are passed over), \`broken_batch\` (windows of fast samples with a gap, or batches that make no sense), \`overflow\` (observations of a link for which
the buffer had no room; reported missing as \`buffer full\`).

Metrics, under \`quantstream_\`: \`mavlink_frames_total\` by outcome (\`emitted\`, \`unwanted\`, \`ground\`, \`component\`, \`repeated\`, \`mixed\`), \`mavlink_unknown_frames_total\` by id,
\`mavlink_vehicles_without_telemetry\` (a vehicle that is heard for ten seconds and sends only HEARTBEAT and the like is in the log, with what to do, and if all do so \`/ready\` says it),
\`mavlink_lost_frames_total\` (frames of unknown messages are heard, not lost), \`mavlink_disordered_frames_total\`, \`mavlink_uncountable_gaps_total\` (gaps after more than two seconds of silence, of which eight bits cannot say how
many frames they were), \`mavlink_reboots_total\`, \`mavlink_sent_frames_total\` by message, \`mavlink_speaking\`, \`mavlink_refused_total\`.`;
