package notice

// Deliver is the job of sending a message that is kept.
type Deliver struct {
	MessageID int64 `json:"message_id"`
}

// Kind names the job.
func (Deliver) Kind() string { return "notice_deliver" }
