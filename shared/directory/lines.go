package directory

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxLine is how long a line may be, in bytes. Metadata of 8,192 bytes fits twice,
// with each character escaped.
const MaxLine = 256 << 10

// Lines reads JSON Lines. A row's number is that of its line, from 1. It skips
// empty lines, and the first lines up to number from, which an earlier run has
// read. It keeps one line in memory.
func Lines(r io.Reader, from int) Source {
	return func(yield func(Row, error) bool) {
		l := lineReader{in: bufio.NewReaderSize(r, 64<<10)}
		for {
			line, isLong, err := l.next()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					yield(Row{}, fmt.Errorf("read line %d: %w", l.number, err))
				}
				return
			}
			if encoding := foreignEncoding(line); l.number == 1 && encoding != "" {
				yield(Row{}, errors.New("the file is "+encoding+" and not JSON Lines in UTF-8; convert it first"))
				return
			}
			if l.number < from || len(bytes.TrimSpace(line)) == 0 && !isLong {
				continue
			}
			row := Row{Number: l.number, Problems: map[string]string{"row": "is longer than 262,144 bytes"}}
			if !isLong {
				row = Parse(l.number, line)
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// foreignEncoding names what the beginning of a file shows not to be text in UTF-8,
// because otherwise each of its lines would be refused.
func foreignEncoding(start []byte) string {
	switch {
	case bytes.HasPrefix(start, []byte("\x1f\x8b")):
		return "compressed with gzip"
	case bytes.HasPrefix(start, []byte("\xff\xfe")), bytes.HasPrefix(start, []byte("\xfe\xff")):
		return "in UTF-16"
	}
	return ""
}

type lineReader struct {
	in     *bufio.Reader
	long   []byte // a line that does not fit into the reader's buffer
	number int
}

// next returns the next line. It skips a line that is too long, and reports that
// instead.
func (l *lineReader) next() (line []byte, isLong bool, err error) {
	l.number++
	l.long = l.long[:0]
	for {
		part, err := l.in.ReadSlice('\n')
		isWhole := err == nil
		if len(l.long) == 0 && isWhole {
			return l.withoutMark(part), false, nil
		}
		if len(l.long)+len(part) > MaxLine {
			isLong = true
		} else {
			l.long = append(l.long, part...)
		}
		switch {
		case isLong && isWhole:
			return nil, true, nil
		case isWhole:
			return l.withoutMark(l.long), false, nil
		case errors.Is(err, io.EOF) && len(l.long) > 0:
			return l.withoutMark(l.long), isLong, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, false, err
		}
	}
}

// withoutMark removes the mark that some editors put at the beginning of a file.
func (l *lineReader) withoutMark(line []byte) []byte {
	if l.number == 1 {
		line = bytes.TrimPrefix(line, []byte("\ufeff"))
	}
	return line
}
