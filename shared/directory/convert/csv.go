package convert

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// line is a line of a CSV file, by the names of its columns.
type line map[string]string

// eachLine reads a CSV file whose first line has the names of the columns. A column
// that is required must be there.
func eachLine(in *bufio.Reader, required []string, f func(line) error) error {
	r := csv.NewReader(in)
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("the first line, which names the columns: %w", err)
	}
	columns := append([]string{}, header...)
	known := line{}
	for _, c := range columns {
		known[c] = c
	}
	for _, c := range required {
		if known[c] == "" {
			return fmt.Errorf("the file has no column %q", c)
		}
	}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		values := make(line, len(columns))
		for i, c := range columns {
			values[c] = fields[i]
		}
		if err := f(values); err != nil {
			return err
		}
	}
}
