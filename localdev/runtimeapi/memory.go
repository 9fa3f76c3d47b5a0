package runtimeapi

// memoryUse is what of a process is in memory, in bytes; 0 where unknown.
type memoryUse struct{ now, max int64 }
