//go:build !race

package backup_test

// raceEnabled: under the race detector a process takes several times its memory.
const raceEnabled = false
