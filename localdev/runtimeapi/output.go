package runtimeapi

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

const (
	maxLine = 256 << 10 // bytes; CloudWatch Logs cuts here too
	maxTail = 8 << 10   // bytes of output that an error carries
)

// lineWriter is the log of a function: its processes take turns.
type lineWriter struct {
	mu sync.Mutex
	to io.Writer
}

func (l *lineWriter) write(p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.to.Write(p) // a log that fails must not fail the function
}

func (l *lineWriter) print(line string) { l.write([]byte(line + "\n")) }

// output receives what one process writes. It passes on whole lines, so that
// those of several processes do not mix, and keeps the end for errors.
type output struct {
	log  *lineWriter
	mu   sync.Mutex
	line []byte
	tail []byte
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tail = append(o.tail, p...)
	if extra := len(o.tail) - maxTail; extra > 0 {
		o.tail = append(o.tail[:0], o.tail[extra:]...)
	}
	o.line = append(o.line, p...)
	if end := bytes.LastIndexByte(o.line, '\n') + 1; end > 0 {
		o.log.write(o.line[:end])
		o.line = append(o.line[:0], o.line[end:]...)
	}
	if len(o.line) > maxLine {
		o.endLine()
	}
	return len(p), nil
}

func (o *output) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.line) > 0 {
		o.endLine()
	}
}

func (o *output) endLine() {
	o.log.write(append(o.line, '\n'))
	o.line = o.line[:0]
}

func (o *output) forgetTail() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tail = o.tail[:0]
}

func (o *output) lastWords() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.TrimSpace(strings.ToValidUTF8(string(o.tail), ""))
}
