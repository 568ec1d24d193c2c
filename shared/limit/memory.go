package limit

import (
	"hash/maphash"
	"sync"
)

const (
	// maxClients bounds what is remembered of one window: a flood of addresses may cost accuracy and
	// commands, not memory (about 1 MB).
	maxClients = 20_000
	// crowdSlots is how many counters the clients beyond maxClients share, when only this process counts. Letting them all
	// pass would open the door to whoever knocks from enough addresses; one counter for all would shut it for everybody.
	crowdSlots = 4096
)

// memory is what this process knows of the clients of the current window. Windows are the same for all clients, so nothing
// expires one by one: when the window turns, everything is dropped at once.
type memory struct {
	seed  maphash.Seed
	bound int

	mu      sync.Mutex
	window  int64
	clients map[uint64]client
	crowd   []int32 // made when it is first needed
}

type client struct {
	count int
	armed bool // its counter in Redis has been given its end
}

func newMemory(bound int) *memory {
	return &memory{seed: maphash.MakeSeed(), bound: bound, clients: map[uint64]client{}}
}

// id stands for a client. It is of fixed size, so that nobody fills memory with long names, and seeded, so that nobody can
// make two names collide.
func (m *memory) id(name string) uint64 { return maphash.String(m.seed, name) }

// turn drops what belongs to another window. A clock that is one window behind is a request that was overtaken at the
// boundary and counts as of the new one; further behind, the clock was set back.
func (m *memory) turn(window int64) {
	if window > m.window || window < m.window-1 {
		m.window, m.clients, m.crowd = window, map[uint64]client{}, nil
	}
}

// look returns what is known of a client.
func (m *memory) look(window int64, id uint64) client {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(window)
	return m.clients[id]
}

// learn notes the count that Redis gave. Answers may arrive out of order, so it never goes down.
func (m *memory) learn(window int64, id uint64, count int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(window)
	c, known := m.clients[id]
	if window == m.window && (known || len(m.clients) < m.bound) {
		m.clients[id] = client{count: max(c.count, count), armed: true}
	}
}

// take counts a request here and says whether it is within the limit.
func (m *memory) take(window int64, id uint64, limit int) (int, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.turn(window)
	c, known := m.clients[id]
	if !known && len(m.clients) >= m.bound {
		return m.takeFromCrowd(id, limit)
	}
	if c.count >= limit {
		return c.count, false
	}
	c.count++
	m.clients[id] = c
	return c.count, true
}

func (m *memory) takeFromCrowd(id uint64, limit int) (int, bool) {
	if m.crowd == nil {
		m.crowd = make([]int32, crowdSlots)
	}
	slot := &m.crowd[id%crowdSlots]
	if int(*slot) >= limit {
		return int(*slot), false
	}
	*slot++
	return int(*slot), true
}
