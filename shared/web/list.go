package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"

	"roster/shared/fault"
)

// DecodeList reads a JSON object of at most so many bytes with one member, an array of
// 1 to most objects, as strictly as Decode. What is wrong with one of the objects does
// not refuse the others: bad has it by their number.
func DecodeList[Row any](r *http.Request, name string, most int, limit int64) (rows []Row, bad map[int]fault.Fields, err error) {
	body, err := readBody(r, "application/json", limit)
	if err != nil {
		return nil, nil, err
	}
	m, err := parseObject(body)
	if err != nil {
		return nil, nil, err
	}
	if err := m.only(name).Err(); err != nil {
		return nil, nil, err
	}
	var objects []json.RawMessage
	if json.Unmarshal(m.values[name], &objects) != nil || len(objects) < 1 || len(objects) > most {
		return nil, nil, fault.Fields{name: fmt.Sprintf("must be a list of 1 to %d objects", most)}.Err()
	}
	rows, bad = make([]Row, len(objects)), map[int]fault.Fields{}
	for i, raw := range objects {
		row, err := parseObject(raw)
		if err != nil {
			bad[i] = fault.Fields{name: "must be a list of objects"}
			continue
		}
		if fields := row.fill(reflect.ValueOf(&rows[i]).Elem()); len(fields) > 0 {
			bad[i] = fields
		}
	}
	return rows, bad, nil
}
