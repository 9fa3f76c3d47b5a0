package runtimeapi

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// processor is how long a process has run, in all its threads that live.
func processor(pid int) time.Duration {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid)) // the pattern is valid
	var total time.Duration
	for _, path := range threads {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		var ns int64
		if _, err := fmt.Sscan(string(text), &ns); err == nil {
			total += time.Duration(ns)
		}
	}
	return total
}
