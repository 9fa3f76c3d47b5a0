package lambdacpu

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// period is that of the quota, as Lambda is believed to have it.
const period = 20 * time.Millisecond

// group is a control group of Linux whose processes share a quota of the processor.
type group struct {
	folder string
	v2     bool
}

// newGroup makes a group below that of this process, in the version that has the
// controller cpu here.
func newGroup() (*group, error) {
	for _, parent := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if controllers, err := os.ReadFile(filepath.Join(parent, "cgroup.controllers")); err == nil && hasCPU(string(controllers)) {
			if err := os.WriteFile(filepath.Join(parent, "cgroup.subtree_control"), []byte("+cpu"), 0); err != nil {
				return nil, notAllowed(err)
			}
			return makeGroup(parent, true)
		}
	}
	const v1 = "/sys/fs/cgroup/cpu"
	if _, err := os.Stat(filepath.Join(v1, "cpu.cfs_quota_us")); err == nil {
		return makeGroup(v1, false)
	}
	return nil, errors.New("this machine has no control group with the controller cpu, so a processor share cannot be set")
}

func hasCPU(controllers string) bool {
	for _, c := range strings.Fields(controllers) {
		if c == "cpu" {
			return true
		}
	}
	return false
}

func notAllowed(err error) error {
	return fmt.Errorf("this user may not make a control group, so a processor share cannot be set: %w", err)
}

// makeGroup makes a group with a name of its own: one process may have several.
func makeGroup(parent string, v2 bool) (*group, error) {
	folder, err := os.MkdirTemp(parent, "roster-bench-")
	if err != nil {
		return nil, notAllowed(err)
	}
	g := &group{folder, v2}
	if err := g.limit(1); err != nil {
		g.remove()
		return nil, notAllowed(err)
	}
	return g, nil
}

// limit gives the processes of the group a share of one core.
func (g *group) limit(share float64) error {
	quota := strconv.FormatInt(int64(share*float64(period.Microseconds())+0.5), 10)
	whole := strconv.FormatInt(period.Microseconds(), 10)
	if g.v2 {
		return g.write("cpu.max", quota+" "+whole)
	}
	if err := g.write("cpu.cfs_period_us", whole); err != nil {
		return err
	}
	return g.write("cpu.cfs_quota_us", quota)
}

// add moves a process with all its threads into the group.
func (g *group) add(pid int) error { return g.write("cgroup.procs", strconv.Itoa(pid)) }

func (g *group) write(file, text string) error {
	return os.WriteFile(filepath.Join(g.folder, file), []byte(text), 0)
}

// remove removes the group, whose processes must have ended.
func (g *group) remove() { _ = os.Remove(g.folder) }
