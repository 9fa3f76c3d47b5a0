package directory

import (
	"hash/maphash"
	"strconv"
	"strings"
)

func idKey(id int64) string { return "#" + strconv.FormatInt(id, 10) }

// lower returns an e-mail address as addresses are compared. They are ASCII.
func lower(email string) string { return strings.ToLower(email) }

// idSet is a set of ids. Ids count up, so 64 neighbours share one word: a million
// take 400 KB.
type idSet map[int64]uint64

func (s idSet) has(id int64) bool { return s[id>>6]&(1<<(id&63)) != 0 }
func (s idSet) add(id int64)      { s[id>>6] |= 1 << (id & 63) }

// keySet is a set of texts, for which it keeps a hash each: a million take 12 MB, a
// third of what a map takes. That two of a million texts share a hash has a
// probability below one in ten million; a dry run would then report a row wrongly.
type keySet struct {
	seed   maphash.Seed
	shards []hashTable
}

// shardBits is how many bits of a hash choose its table. Small tables grow one after
// the other, so that little is copied at a time.
const shardBits = 10

func newKeySet() keySet { return keySet{maphash.MakeSeed(), make([]hashTable, 1<<shardBits)} }

func (s keySet) table(key string) (*hashTable, uint64) {
	hash := max(maphash.String(s.seed, key), 1) // 0 is an empty slot
	return &s.shards[hash>>(64-shardBits)], hash
}

func (s keySet) has(key string) bool {
	t, hash := s.table(key)
	return len(t.slots) > 0 && t.slots[t.find(hash)] == hash
}

func (s keySet) add(key string) {
	t, hash := s.table(key)
	t.add(hash)
}

// hashTable is a hash table with linear probing.
type hashTable struct {
	slots []uint64
	used  int
}

// find returns the slot that has the hash, or the one that is free for it.
func (t *hashTable) find(hash uint64) int {
	i := int(hash % uint64(len(t.slots))) // #nosec G115 -- below the length of a slice
	for t.slots[i] != 0 && t.slots[i] != hash {
		if i++; i == len(t.slots) {
			i = 0
		}
	}
	return i
}

func (t *hashTable) add(hash uint64) {
	if t.used*8 >= len(t.slots)*7 {
		old := t.slots
		t.slots = make([]uint64, 16+len(old)*3/2)
		for _, h := range old {
			if h != 0 {
				t.slots[t.find(h)] = h
			}
		}
	}
	if i := t.find(hash); t.slots[i] == 0 {
		t.slots[i] = hash
		t.used++
	}
}
