package function

import (
	"runtime"
	"testing"
)

func TestFitCPU(t *testing.T) {
	const several = 4
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(several))
	for memorySize, want := range map[string]int{
		"128": 1, "1768": 1, "1769": several, "10240": several, "": several, "1GB": several,
	} {
		t.Run("OK"+memorySize, func(t *testing.T) {
			runtime.GOMAXPROCS(several)
			fitCPU(memorySize)
			if got := runtime.GOMAXPROCS(0); got != want {
				t.Errorf("%d threads, want %d", got, want)
			}
		})
	}
}
