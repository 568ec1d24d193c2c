package notice

import "errors"

// What becomes of a message that could not be delivered, whatever carries it; look with errors.Is. Their texts, and those of
// the errors that wrap them, never hold an address or a word of the message.
var (
	// ErrOff: nobody has set up what carries it. Nothing was tried.
	ErrOff = errors.New("not set up")
	// ErrTemporary: try again later. It may even have arrived, if the answer was lost.
	ErrTemporary = errors.New("not delivered for now")
	// ErrRefused: this message to this recipient will never be taken.
	ErrRefused = errors.New("refused")
	// ErrSettings: nothing will be taken until the operator mends the settings. Trying again later is right, once he knows.
	ErrSettings = errors.New("the settings are wrong")
)
