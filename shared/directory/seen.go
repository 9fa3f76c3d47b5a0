package directory

import (
	"hash/maphash"
	"strconv"
	"strings"
)

func idKey(id int64) string { return "#" + strconv.FormatInt(id, 10) }

// idSet is a set of ids. Ids count up, so 64 neighbours share one word: a million
// take 400 KB.
type idSet map[int64]uint64

func (s idSet) has(id int64) bool { return s[id>>6]&(1<<(id&63)) != 0 }
func (s idSet) add(id int64)      { s[id>>6] |= 1 << (id & 63) }

// keySet is a set of texts. It keeps a hash of each, so that a million take about
// 20 MB. That two of a million texts share a hash has a probability below one in
// ten million; a dry run would then report a row wrongly.
type keySet struct {
	seed   maphash.Seed
	hashes map[uint64]struct{}
}

func newKeySet() keySet { return keySet{maphash.MakeSeed(), map[uint64]struct{}{}} }

func (s keySet) has(key string) bool {
	_, there := s.hashes[maphash.String(s.seed, key)]
	return there
}

func (s keySet) add(key string) { s.hashes[maphash.String(s.seed, key)] = struct{}{} }

// lower returns an e-mail address as addresses are compared. They are ASCII.
func lower(email string) string { return strings.ToLower(email) }
