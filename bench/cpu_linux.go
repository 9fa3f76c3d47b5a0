package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// processCPU returns how long the threads of a process have run on a processor.
// Threads that have ended are missing; Go ends hardly any.
func processCPU(pid int) (total time.Duration, err error) {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid)) // the pattern is valid
	if len(threads) == 0 {
		return 0, fmt.Errorf("process %d has ended, or the kernel keeps no schedstat", pid)
	}
	for _, path := range threads {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has just ended
		}
		var ns int64
		if _, err := fmt.Sscan(string(text), &ns); err != nil {
			return 0, err
		}
		total += time.Duration(ns)
	}
	return total, nil
}

// tick is the unit of the times in /proc/PID/stat (USER_HZ, proc(5)). Linux has
// the same on each architecture that Go runs on.
const tick = 10 * time.Millisecond

// serverCPU returns how long PostgreSQL's processes have run on a processor: the
// postmaster, its children, and those that have ended.
func serverCPU(postmaster int) (time.Duration, error) {
	total, err := processCPU(postmaster)
	if err != nil {
		return 0, err
	}
	fields, err := stat(postmaster)
	if err != nil {
		return 0, err
	}
	for _, ended := range fields[13:15] { // cutime, cstime
		ticks, err := strconv.ParseInt(ended, 10, 64)
		if err != nil {
			return 0, err
		}
		total += time.Duration(ticks) * tick
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
		if used, err := processCPU(pid); err == nil {
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
