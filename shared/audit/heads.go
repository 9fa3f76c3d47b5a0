package audit

import (
	"bufio"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Head is the end of a chain of the log: the number and the hash of its last
// entry. A copy of the heads, kept where the owner of the tables cannot write,
// proves what the log had until then.
type Head struct {
	Chain int
	Seq   int64
	Hash  string // hexadecimal
}

// String returns the head as one line, such as "head 3 128 9f86d0…". A chain
// without an entry has "-" for a hash.
func (h Head) String() string {
	return fmt.Sprintf("head %d %d %s", h.Chain, h.Seq, cmp.Or(h.Hash, "-"))
}

// Copy is a copy of the heads as it is logged. MAC is the HMAC-SHA-256 of the
// lines, in hexadecimal, so that nobody can make up a copy who can only write
// logs.
type Copy struct {
	Heads []string `json:"heads"`
	MAC   string   `json:"heads_mac"`
}

// NewCopy returns a copy of the heads.
func NewCopy(heads []Head, key []byte) (c Copy) {
	for _, h := range heads {
		c.Heads = append(c.Heads, h.String())
	}
	if len(key) > 0 {
		c.MAC = c.sum(key)
	}
	return c
}

func (c Copy) sum(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("roster audit heads\x00" + strings.Join(c.Heads, "\n")))
	return hex.EncodeToString(mac.Sum(nil))
}

func (c Copy) hasMAC(key []byte) bool { return hmac.Equal([]byte(c.MAC), []byte(c.sum(key))) }

// ReadHeads reads copies of the heads: lines as String writes them, or log lines
// with a Copy, whose MAC must be of one of the keys, if there are any. It ignores
// other lines.
func ReadHeads(text string, keys [][]byte) (heads []Head, err error) {
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if i := strings.Index(line, "{"); i >= 0 { // a log may have more before the JSON
			var c Copy
			if json.Unmarshal([]byte(line[i:]), &c) != nil || len(c.Heads) == 0 {
				continue
			}
			if len(keys) > 0 && !slices.ContainsFunc(keys, c.hasMAC) {
				return nil, errors.New("a copy of the heads has a MAC that is not of this key: it was made up or altered")
			}
			for _, h := range c.Heads {
				if heads, err = appendHead(heads, h); err != nil {
					return nil, err
				}
			}
		} else if strings.HasPrefix(line, "head ") {
			if heads, err = appendHead(heads, line); err != nil {
				return nil, err
			}
		}
	}
	if len(heads) == 0 && lines.Err() == nil {
		return nil, errors.New("there is no copy of the heads in it")
	}
	return heads, lines.Err()
}

func appendHead(heads []Head, line string) ([]Head, error) {
	var h Head
	if n, err := fmt.Sscanf(line, "head %d %d %s", &h.Chain, &h.Seq, &h.Hash); n != 3 || err != nil || h.Chain < 0 || h.Chain > 15 {
		return nil, fmt.Errorf("the line %q is no head", line)
	}
	return append(heads, h), nil
}
