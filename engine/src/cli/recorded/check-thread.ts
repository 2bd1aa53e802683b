// A thread that checks recordings, from its first line on.

import { takeJobs } from '../../compose/threads/crew.js';
import { type CheckJob, doCheck } from './check-recordings.js';

takeJobs<CheckJob>(doCheck);
