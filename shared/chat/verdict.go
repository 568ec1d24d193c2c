package chat

import (
	"fmt"
	"time"
)

// Action is what an error code of WhatsApp asks for.
type Action string

// The actions.
const (
	ActionRetry         Action = "retry"         // it passes: again with growing pauses, so many times
	ActionRateLimited   Action = "rate_limited"  // we send too much: all of it later
	ActionPairLimited   Action = "pair_limited"  // too much to this one person: again after 6 s and more; others go on
	ActionTemplate      Action = "template"      // the 24 hours are over: a template, or another channel
	ActionUndeliverable Action = "undeliverable" // never to this person over WhatsApp: another channel
	ActionWithout9      Action = "without_9"     // a test number that does not know the recipient: once without the 9
	ActionAskPhone      Action = "ask_phone"     // this kind needs a phone number, and only a BSUID is known
	ActionMedia         Action = "media"         // Meta could not fetch or convert the file: once more, then without it
	ActionHeldBack      Action = "held_back"     // this person gets too much marketing: not within 24 h
	ActionStopped       Action = "stopped"       // this person wants no marketing: remember it
	ActionTokenDead     Action = "token_dead"    // nothing goes until the operator gives another token: keep the queue
	ActionAlarm         Action = "alarm"         // something of the account that the owner alone can mend: keep the queue
	ActionTemplateDown  Action = "template_down" // the template is not there, paused or disabled: tell the owner, another channel
	ActionBug           Action = "bug"           // a mistake of ours: never again, and somebody has to look at it
	ActionNever         Action = "never"         // no use
)

// verdicts are the codes that somebody has met.
// https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
var verdicts = map[int]Action{
	0: ActionTokenDead, 190: ActionTokenDead,
	3: ActionAlarm, 10: ActionAlarm, 368: ActionAlarm, 131005: ActionAlarm, 131031: ActionAlarm, 131037: ActionAlarm,
	131042: ActionAlarm, 131045: ActionAlarm, 131048: ActionAlarm, 133010: ActionAlarm, 133016: ActionAlarm,
	4: ActionRateLimited, 613: ActionRateLimited, 80007: ActionRateLimited, 130429: ActionRateLimited,
	131056: ActionPairLimited,
	1:      ActionRetry, 2: ActionRetry, 131000: ActionRetry, 131016: ActionRetry, 131057: ActionRetry,
	100: ActionBug, 131008: ActionBug, 131009: ActionBug, 132000: ActionBug, 132012: ActionBug, 132018: ActionBug,
	131047: ActionTemplate,
	131026: ActionUndeliverable, 130497: ActionUndeliverable,
	131030: ActionWithout9,
	131062: ActionAskPhone,
	131052: ActionMedia, 131053: ActionMedia,
	131049: ActionHeldBack, 130472: ActionHeldBack,
	131050: ActionStopped,
	132001: ActionTemplateDown, 132007: ActionTemplateDown, 132015: ActionTemplateDown, 132016: ActionTemplateDown,
	131021: ActionNever, 131051: ActionNever, 132005: ActionNever,
}

// Verdict is what to do about an error code, whether it came in an answer or in the status of a message. What is not known is
// taken to pass, since whoever tries again does so a limited number of times.
func Verdict(code int) Action {
	switch action, known := verdicts[code]; {
	case known:
		return action
	case code >= 200 && code <= 299: // permissions
		return ActionAlarm
	default:
		return ActionRetry
	}
}

// Again reports whether the same message makes sense later.
func (a Action) Again() bool {
	switch a {
	case ActionRetry, ActionRateLimited, ActionPairLimited, ActionTokenDead, ActionAlarm, ActionMedia:
		return true
	default:
		return false
	}
}

// Elsewhere reports whether another channel may reach the person now, where WhatsApp does not.
func (a Action) Elsewhere() bool {
	switch a {
	case ActionTemplate, ActionUndeliverable, ActionWithout9, ActionAskPhone, ActionTemplateDown, ActionBug, ActionNever, ActionHeldBack:
		return true
	default:
		return false
	}
}

// Alarms reports whether the owner has to do something that no program can.
func (a Action) Alarms() bool {
	return a == ActionTokenDead || a == ActionAlarm || a == ActionTemplateDown || a == ActionBug
}

// Pause is how long to wait before the attempt of this number; the first is 1, and needs none. The limit of a pair is paid back
// as Meta says, with 4^n seconds.
func (a Action) Pause(attempt int) time.Duration {
	if attempt <= 1 {
		return 0
	}
	n := min(attempt-1, 8)
	switch a {
	case ActionPairLimited:
		return min(max(6*time.Second, time.Second<<(2*n)), time.Hour)
	case ActionTokenDead, ActionAlarm:
		return 15 * time.Minute
	case ActionRateLimited:
		return min(5*time.Second<<(n-1), 10*time.Minute)
	default:
		return min(2*time.Second<<(n-1), 10*time.Minute)
	}
}

// Failure is why something was not done. Its text never holds a token, a number or a word of a message: Meta's sentences may
// quote them, and are not kept.
type Failure struct {
	Code       int           // Meta's; 0 without Status 401 = there was none
	Subcode    int           //
	Status     int           // of HTTP; 0 = there was no answer
	Action     Action        // what to do
	RetryAfter time.Duration // what Meta said; 0 = nothing
	// Ambiguous: it may have been done all the same. Nothing makes a second attempt the same as the first: look for a status
	// that carries the message's data before sending it again.
	Ambiguous bool
	Trace     string // fbtrace_id, by which Meta's support finds it
	Cause     error  // why there was no answer, or none that can be read
}

func (f *Failure) Error() string {
	text := "whatsapp: " + string(f.Action)
	if f.Status != 0 {
		text += fmt.Sprintf(", status %d", f.Status)
	}
	if f.Code != 0 {
		text += fmt.Sprintf(", code %d", f.Code)
	}
	if f.Subcode != 0 {
		text += fmt.Sprintf("/%d", f.Subcode)
	}
	if f.Trace != "" {
		text += " (trace " + f.Trace + ")"
	}
	if f.Ambiguous {
		text += ", perhaps done"
	}
	if f.Cause != nil {
		text += ": " + f.Cause.Error()
	}
	return text
}

// Unwrap returns why there was no answer.
func (f *Failure) Unwrap() error { return f.Cause }
