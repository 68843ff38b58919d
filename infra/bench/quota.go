package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"sdtasktracker/shared/function"
)

// period is the time of which a quota is a part.
const period = 20 * time.Millisecond

// quota is a control group of Linux that limits the CPU time of its processes.
type quota struct{ dir string }

// newQuota makes a control group with the CPU time of a memory size in MB. It fails
// where control groups are not this user's to make: not on Linux, or not as root.
func newQuota(memory int) (*quota, error) {
	micros := max(1000, int(period.Microseconds())*memory/function.WholeCPU)
	name := fmt.Sprintf("sdtasks-bench-%d", os.Getpid())
	for _, version := range []struct {
		parent string
		files  map[string]string
	}{
		{"/sys/fs/cgroup/cpu", map[string]string{"cpu.cfs_period_us": strconv.Itoa(int(period.Microseconds())),
			"cpu.cfs_quota_us": strconv.Itoa(micros)}},
		{"/sys/fs/cgroup", map[string]string{"cpu.max": fmt.Sprintf("%d %d", micros, period.Microseconds())}},
	} {
		q := &quota{filepath.Join(version.parent, name)}
		if os.Mkdir(q.dir, 0o755) != nil {
			continue
		}
		if q.write(version.files) == nil {
			return q, nil
		}
		q.close()
	}
	return nil, errors.New("this user may not make control groups here")
}

func (q *quota) write(files map[string]string) error {
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(q.dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// limit puts a process under the quota.
func (q *quota) limit(pid int) error {
	return q.write(map[string]string{"cgroup.procs": strconv.Itoa(pid)})
}

// close removes the group, whose processes must have ended.
func (q *quota) close() { _ = os.Remove(q.dir) }
