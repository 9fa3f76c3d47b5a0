package runtimeapi

import (
	"fmt"
	"os"
	"strings"
)

// memory reads VmRSS and VmHWM, which proc(5) gives in kB.
func memory(pid int) (m memoryUse) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return m
	}
	for line := range strings.Lines(string(status)) {
		var kB int64
		if n, _ := fmt.Sscanf(line, "VmRSS: %d kB", &kB); n == 1 {
			m.now = kB << 10
		}
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kB); n == 1 {
			m.max = kB << 10
		}
	}
	return m
}
