package chat

import (
	"encoding/json"
	"slices"
)

// readContacts reads the list of those who wrote. One that cannot be read is left out.
func readContacts(list json.RawMessage) []Contact {
	var elements []struct {
		Profile struct {
			Name     prose
			Username prose
		}
		WaID     word `json:"wa_id"`
		UserID   word `json:"user_id"`
		ParentID word `json:"parent_user_id"`
	}
	if len(list) > 0 {
		decode(list, &elements) // what does not fit is empty
	}
	var contacts []Contact
	for _, e := range elements {
		contacts = append(contacts, Contact{
			BSUID: e.UserID.id(), ParentBSUID: e.ParentID.id(), WaID: e.WaID.wa(), Name: e.Profile.Name.line(), Username: e.Profile.Username.line(),
		})
	}
	return contacts
}

// who completes what a message says of its sender with what the list says of the same person: by BSUID or by number, never by
// place. A message that says nothing at all of its sender is of the only person in the list, if there is only one.
func (v *value) who(c Contact) Contact {
	i := slices.IndexFunc(v.contacts, func(o Contact) bool {
		return c.BSUID != "" && o.BSUID == c.BSUID || c.WaID != "" && o.WaID != "" && SameNumber(o.WaID, c.WaID) && (c.BSUID == "" || o.BSUID == "")
	})
	if i < 0 && c.Key() == "" && len(v.contacts) == 1 {
		i = 0
	}
	if i < 0 {
		return c
	}
	known := v.contacts[i]
	known.BSUID = or(c.BSUID, known.BSUID)
	known.ParentBSUID = or(c.ParentBSUID, known.ParentBSUID)
	known.WaID = or(c.WaID, known.WaID)
	return known
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// readProblems reads a list of errors. The details are in error_data, or in older forms beside the code.
func readProblems(list json.RawMessage) []Problem {
	var elements []struct {
		Code    word
		Title   prose
		Message prose
		Details prose
		Data    struct{ Details prose } `json:"error_data"`
	}
	if len(list) > 0 {
		decode(list, &elements) // what does not fit is empty
	}
	var problems []Problem
	for _, e := range elements {
		problems = append(problems, Problem{
			Code: int(e.Code.number()), Title: or(e.Title.line(), e.Message.line()), Details: or(e.Data.Details.line(), e.Details.line()),
		})
	}
	return problems
}
