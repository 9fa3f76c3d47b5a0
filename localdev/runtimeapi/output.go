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
	log      *lineWriter
	from, to *os.File      // a pipe that the process writes to, and we: marks
	marked   chan struct{} // has room for one: a mark has been read
	ended    chan struct{} // everything has been read

	mu   sync.Mutex
	line []byte
	tail []byte
}

// mark tells how far the pipe has been read. A process that writes one itself
// loses it, and the end of an event may come before its last line.
var mark = []byte{0}

// drainTimeout is for a pipe that something which the process left behind keeps
// open.
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

// sync returns when the log has what the process has written until now.
func (o *output) sync() {
	if _, err := o.to.Write(mark); err != nil {
		return // closed: there is no more to come
	}
	select {
	case <-o.marked:
	case <-o.ended:
	}
}

// close returns when the log has everything. It is for when the process is gone.
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
