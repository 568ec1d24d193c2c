package postgres_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"
)

// frames takes a dump apart, by its description and not by the code that is tested.
func frames(t testing.TB, dumped []byte) [][]byte {
	t.Helper()
	line := bytes.IndexByte(dumped, '\n') + 1
	parts := [][]byte{dumped[:line]}
	for rest := dumped[line:]; len(rest) > 0; {
		n := 9 + int(binary.BigEndian.Uint32(rest[1:5]))
		parts = append(parts, rest[:n])
		rest = rest[n:]
	}
	return parts
}

// frame makes one whose checksum is right.
func frame(kind byte, payload string) []byte {
	f := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(payload)))
	sum := crc32.Checksum(append(bytes.Clone(f), payload...), crc32.MakeTable(crc32.Castagnoli))
	return append(binary.BigEndian.AppendUint32(f, sum), payload...)
}

// TestFramesThatAreLostDoubledSwappedOrLieAreNoticed leaves every single frame whole.
func TestFramesThatAreLostDoubledSwappedOrLieAreNoticed(t *testing.T) {
	t.Parallel()
	s := odd(t)
	run(t, s.Pool, `insert into "Odd Table" ("a ""quoted"" Column") select repeat(n::text, 1000) from generate_series(1, 100) n`)
	dumped, _ := s.dump(t)
	parts := frames(t, dumped)
	rows := slices.IndexFunc(parts, func(f []byte) bool { return f[0] == 'D' && bytes.Contains(f, []byte("11111111")) })
	ends := slices.IndexFunc(parts, func(f []byte) bool { return f[0] == 'E' })
	last := len(parts) - 1
	changes := map[string]func([][]byte) [][]byte{
		"rows are lost":              func(p [][]byte) [][]byte { return slices.Delete(p, rows, rows+1) },
		"rows come twice":            func(p [][]byte) [][]byte { return slices.Insert(p, rows, p[rows]) },
		"rows of another table":      func(p [][]byte) [][]byte { return slices.Insert(p, ends+1, p[rows]) },
		"a table does not end":       func(p [][]byte) [][]byte { return slices.Delete(p, ends, ends+1) },
		"a table is lost":            func(p [][]byte) [][]byte { return slices.Delete(p, 2, ends+1) },
		"the sequences are lost":     func(p [][]byte) [][]byte { return slices.Delete(p, last-1, last) },
		"the end is lost":            func(p [][]byte) [][]byte { return p[:last] },
		"the end comes twice":        func(p [][]byte) [][]byte { return append(p, p[last]) },
		"the end counts otherwise":   func(p [][]byte) [][]byte { p[last] = frame('Z', `{"tables":1,"rows":1,"bytes":1}`); return p },
		"a table counts otherwise":   func(p [][]byte) [][]byte { p[ends] = frame('E', `{"name":"accommodations","rows":1}`); return p },
		"an unknown kind":            func(p [][]byte) [][]byte { return slices.Insert(p, rows, frame('?', "")) },
		"not what it should be":      func(p [][]byte) [][]byte { p[last] = frame('Z', `[`); return p },
		"an enormous frame":          func(p [][]byte) [][]byte { p[last] = []byte{'Z', 255, 255, 255, 255, 0, 0, 0, 0}; return p },
		"a column that is not there": func(p [][]byte) [][]byte { p[1] = bytesReplaced(p[1], `"capacity"`, `"capacitx"`); return p },
	}
	empty := odd(t)
	before := everything(t, empty.Pool)
	for what, change := range changes {
		if _, err := restoreInto(t, s, empty.dsn, bytes.Join(change(slices.Clone(parts)), nil)); err == nil {
			t.Errorf("%s: not noticed", what)
			return // it is not empty any more
		}
	}
	expectSame(t, everything(t, empty.Pool), before)
	_, err := restoreInto(t, s, empty.dsn, bytes.Join(parts, nil))
	check(t, err)
}

// bytesReplaced is a frame with other content and the right checksum.
func bytesReplaced(f []byte, old, with string) []byte {
	return frame(f[0], string(bytes.Replace(f[9:], []byte(old), []byte(with), 1)))
}
