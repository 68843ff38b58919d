package function

import (
	"runtime"
	"strconv"
)

// WholeCPU is the memory size in MB that gives a function one CPU; a smaller one gives a
// share of it ("Configure Lambda function memory" in the AWS Lambda Developer Guide).
const WholeCPU = 1769

// fitCPU runs Go code on one thread at a time if the function's memory size, in MB, gives
// it less than a CPU. Others have measured that Lambda shows a function two even then, and
// Go's scheduler and garbage collector would spend a sixth to a quarter of the time on
// keeping the second one busy.
func fitCPU(memorySize string) {
	if size, err := strconv.Atoi(memorySize); err == nil && size < WholeCPU {
		runtime.GOMAXPROCS(1)
	}
}
