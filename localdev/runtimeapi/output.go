package runtimeapi

import (
	"bytes"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	maxLine = 256 << 10 // bytes; CloudWatch Logs has the same limit
	maxTail = 8 << 10   // bytes of output in an error
)

// lineWriter is the log of a function. Its processes write in turn.
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

// output receives the output of one process. It forwards whole lines, so that lines
// of several processes do not mix, and remembers the last part for errors.
type output struct {
	log      *lineWriter
	from, to *os.File      // a pipe; the process writes to it, and sync writes marks
	marked   chan struct{} // buffered, capacity 1: a mark has been read
	ended    chan struct{} // everything has been read

	mu   sync.Mutex
	line []byte
	tail []byte
}

// mark shows how far the pipe has been read. If a process writes this byte itself,
// the byte is lost, and sync may return before the process's last line.
var mark = []byte{0}

// drainTimeout limits the wait for a pipe that a left child process keeps open.
const drainTimeout = time.Second

func newOutput(log *lineWriter) (*output, error) {
	from, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	o := &output{log: log, from: from, to: to, marked: make(chan struct{}, 1), ended: make(chan struct{})}
	go o.read()
	return o, nil
}

func (o *output) read() {
	defer close(o.ended)
	buf := make([]byte, 32<<10)
	for {
		n, err := o.from.Read(buf)
		for i, part := range bytes.Split(buf[:n], mark) {
			if i > 0 {
				select {
				case o.marked <- struct{}{}:
				default:
				}
			}
			o.forward(part)
		}
		if err != nil {
			return
		}
	}
}

// sync returns when the log has everything that the process has written so far.
func (o *output) sync() {
	if _, err := o.to.Write(mark); err != nil {
		return // closed: no more output will come
	}
	select {
	case <-o.marked:
	case <-o.ended:
	}
}

// close returns when the log has everything. Call it after the process has ended.
func (o *output) close() {
	_ = o.to.Close()
	_ = o.from.SetReadDeadline(time.Now().Add(drainTimeout))
	<-o.ended
	_ = o.from.Close()
	o.flush()
}

func (o *output) forward(p []byte) {
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

func (o *output) clearRecent() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tail = o.tail[:0]
}

func (o *output) recent() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.TrimSpace(strings.ToValidUTF8(string(o.tail), ""))
}
