package function

import (
	"runtime"
	"strconv"
)

// WholeCPU is the memory size in MB at which a function has one vCPU. With less memory, it
// has a share of a vCPU ("Configure Lambda function memory" in the AWS Lambda Developer Guide).
const WholeCPU = 1769

// fitCPU limits Go code to one thread at a time if the function's memory size, in MB, gives
// it less than a vCPU. According to others' measurements, Lambda shows two CPUs even then,
// and Go would use both. The second thread, which mostly schedules and collects garbage,
// would use the same share of a vCPU.
//
// Call it as early as possible: stopping a second thread that has begun to run takes
// milliseconds of init.
func fitCPU(memorySize string) {
	if size, err := strconv.Atoi(memorySize); err == nil && size < WholeCPU {
		runtime.GOMAXPROCS(1)
	}
}
