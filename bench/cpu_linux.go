package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of the times in /proc/PID/stat (USER_HZ, proc(5)). Linux has
// the same on each architecture that Go runs on.
const tick = 10 * time.Millisecond

// processCPU returns how long a process has run on a processor. With ended
// children it counts those, too, that it has waited for.
func processCPU(pid int, endedChildren bool) (time.Duration, error) {
	fields, err := stat(pid)
	if err != nil {
		return 0, err
	}
	times := fields[11:13] // utime, stime
	if endedChildren {
		times = fields[11:15] // and cutime, cstime
	}
	var ticks int64
	for _, t := range times {
		n, err := strconv.ParseInt(t, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}

// serverCPU returns how long PostgreSQL's processes have run on a processor: the
// postmaster, its children, and those that have ended.
func serverCPU(postmaster int) (time.Duration, error) {
	total, err := processCPU(postmaster, true)
	if err != nil {
		return 0, err
	}
	processes, _ := filepath.Glob("/proc/[0-9]*") // the pattern is valid
	for _, path := range processes {
		pid, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			continue
		}
		fields, err := stat(pid)
		if err != nil || fields[1] != strconv.Itoa(postmaster) { // it may have ended just now
			continue
		}
		if used, err := processCPU(pid, false); err == nil {
			total += used
		}
	}
	return total, nil
}

// stat returns the fields of /proc/PID/stat from the third on. The second one, the
// command, may hold spaces and parentheses.
func stat(pid int) ([]string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	end := strings.LastIndexByte(string(text), ')')
	if fields := strings.Fields(string(text[end+1:])); len(fields) > 15 {
		return fields, nil
	}
	return nil, fmt.Errorf("/proc/%d/stat cannot be read", pid)
}

// residentMiB returns how much memory a process has resident.
func residentMiB(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	var size, resident int64
	_, err = fmt.Sscan(string(text), &size, &resident)
	return float64(resident*int64(os.Getpagesize())) / (1 << 20), err
}
