package function

import (
	"runtime"
	"strconv"
)

// WholeCPU is the memory size in MB that gives a function one vCPU; a smaller one gives a
// share of it ("Configure Lambda function memory" in the AWS Lambda Developer Guide).
const WholeCPU = 1769

// fitCPU runs Go code on one thread at a time if the function's memory size, in MB, gives
// it less than a vCPU. Others have measured that Lambda shows a function two even then, and
// Go would use both: from a quota, too, it derives no fewer where there are two. What the
// second one runs, much of it scheduling and garbage collection, comes out of the same share.
//
// It must run as early as possible: to stop a second thread that has been at work takes
// milliseconds of init.
func fitCPU(memorySize string) {
	if size, err := strconv.Atoi(memorySize); err == nil && size < WholeCPU {
		runtime.GOMAXPROCS(1)
	}
}
