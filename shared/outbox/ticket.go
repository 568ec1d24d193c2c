package outbox

import (
	"strconv"
	"strings"
)

// ticket names an attempt to send a message: 4711.2.
func ticket(id int64, attempt int) string {
	return strconv.FormatInt(id, 10) + "." + strconv.Itoa(attempt)
}

// ReadTicket is the message and the attempt that a ticket names, see Turn.Data. It reports whether it is one of ours.
func ReadTicket(data string) (id int64, attempt int, ok bool) {
	first, second, found := strings.Cut(data, ".")
	id, err := strconv.ParseInt(first, 10, 64)
	attempt, err2 := strconv.Atoi(second)
	if !found || err != nil || err2 != nil || id <= 0 || attempt <= 0 {
		return 0, 0, false
	}
	return id, attempt, true
}
