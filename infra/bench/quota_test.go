package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"sdtasktracker/shared/function"
)

// period is the length of the time slices that a quota divides.
const period = 20 * time.Millisecond

// limit gives a process the CPU time of a memory size in MB, by a control group of Linux, for
// as long as the benchmark runs. It skips the benchmark where control groups are not this
// user's to make: not on Linux, or not as root.
func limit(b *testing.B, pid, memory int) {
	b.Helper()
	micros := max(1000, int(period.Microseconds())*memory/function.WholeCPU)
	for _, version := range []struct {
		parent string
		files  map[string]string
	}{
		{"/sys/fs/cgroup/cpu", map[string]string{"cpu.cfs_period_us": strconv.Itoa(int(period.Microseconds())),
			"cpu.cfs_quota_us": strconv.Itoa(micros)}},
		{"/sys/fs/cgroup", map[string]string{"cpu.max": fmt.Sprintf("%d %d", micros, period.Microseconds())}},
	} {
		dir := filepath.Join(version.parent, fmt.Sprintf("sdtasks-bench-%d", pid))
		if os.Mkdir(dir, 0o755) != nil {
			continue
		}
		b.Cleanup(func() { _ = os.Remove(dir) }) // its process has ended then
		version.files["cgroup.procs"] = strconv.Itoa(pid)
		if write(dir, version.files) == nil {
			return
		}
	}
	b.Skip("this user may not make control groups here: the CPU of a memory size needs Linux and root")
}

func write(dir string, files map[string]string) error {
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
