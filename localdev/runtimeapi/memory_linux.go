package runtimeapi

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// memory reads VmRSS and VmHWM, which proc(5) gives in kB.
func memory(pid int) (m memoryUse) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return m
	}
	for line := range strings.Lines(string(status)) {
		switch name, value, _ := strings.Cut(line, ":"); name {
		case "VmRSS":
			m.now = kilobytes(value)
		case "VmHWM":
			m.max = kilobytes(value)
		}
	}
	return m
}

func kilobytes(value string) int64 {
	n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}
