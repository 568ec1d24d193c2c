package conversation

import (
	"github.com/eevans-d/sist-cabanas/shared/notice"
	"github.com/eevans-d/sist-cabanas/shared/understanding"
)

// catalogue is every sentence of the conversation in every language. Each is whole; tests see to it.
var catalogue = map[notice.Language]*words{notice.Spanish: &spanish, notice.Portuguese: &portuguese, notice.English: &english}

// words is all that is said in a language. What stands in {braces} is filled in, and is the same in all of them.
type words struct {
	// Small words.
	And, Span, Baby, Babies, Pet, Pets, Day, Days, Cabin, Host, That, FromTime, ToTime, UpTo string

	// Greeting, menu, and all that goes wrong.
	Hello, HelloAgain, HelloLate, Late, Menu, Help, Missed, MissedTwice, NoEmail, Thanks, Fine, Dropped, OldButton string
	NotHeard, Heard, Unreadable, WhatIsIt, Sorry, Unavailable, UnavailableNow                                      string

	// A person instead.
	HandedOver, AskOwner, NotKnown, NotNoted, NoPerson string

	// When, and for how many.
	AskDates, AskDatesFor, AskFrom, Weekends, AskCheckOut, AskWhich, AskGuests, PastDate, InvalidDate, TooFar string

	// What is free.
	Free, OnlyFree, FreeSeveral, AskCabin, AskBook, AskBookAgain, Confirm, NoBook, FromPrice, OfWeekend string
	ExtraGuests, Cleaning, Total, Deposit, PriceChanged                                                 string

	// What is not.
	Taken, TooSmall, TooShort, TooLong, PetsRefused, NoPets, PetsNotSaid, PetsWelcome, TooMany, SeveralCabins string
	AskLonger, NoneFree, NoneFreeCabin, Nearest, NoneNear, JustTaken                                          string

	// Booking and paying.
	AskName, OnlyName, Held, HeldAlready, HeldUntil, Asked, NothingToPay, Code, CheckIn, CheckOut, Paid, Rest, PayLink   string
	OrTransfer, PayByTransfer, SendReceipt, PayWithHost, TransferTo, NoTransfer, NoTransferHere, Holder, Bank, Reference string
	ReceiptKept, NoReceipt, PaidAll, PaidConfirmed, PaidSome, NotPaidYet, RanOut, PaidTooLate                            string

	// His reservations.
	YourStays, AskStay, NoneMine, NoneToCancel, NotYours, StatusAsked, StatusHeld, StatusConfirmed, StatusExpired string
	StatusCancelled, StatusOver, YouHave, YourWish, ChangeHold, ChangeStay, AskCancel, NothingPaid, RefundAll     string
	RefundPart, RefundNone, RefundComes, Cancelled, Kept, CannotCancel, NotLive, CancelWhat, SayCancel            string

	// Questions.
	Has, PetsYes, PetsNo, PayOnline, ByTransfer, NoDeposit, DepositIs, RefundUntil, RefundSameDay, RefundWhole string
	RefundHalf, RefundShare, RefundAfter, AskOf, OnTheMap, AskPhotos, AskDatesHere, SayBook                    string

	// What follows from what was said before.
	Later, LaterHeld, NoWorry, AskOwnerThat, WifiKey, AskMonth, AskMonthFor, AskFromMonth, TooLongAll, Recommend string
	AskNewStay, NotBooked, IfSent, WishFree, WishTaken, AtLeast, NoDatesYet, NoDiscount                          string

	// What stands on buttons and rows: at most 20 characters, or 24 on those that are only rows.
	MenuDates, MenuCabins, MenuMine, MenuServices, MenuPayment, MenuHelp, HowToGet, ToPerson, BackToBot         string
	SeeOptions, SeeCabins, SeePhotos, SeeMore, ThisWeekend, NextWeekend, OtherDates, OtherCabins, OtherGuests   string
	MoreCabins, WithNights, WithoutPets, Book, Pay, PayDeposit, PayRest, WillTransfer, TryAgain, YesAsk, NoNeed string
	YesCancel, NoKeep, CancelIt, CancelSearch, CancelStay, CancelRedo, LeaveIt, FirstHalf, SecondHalf           string

	// What stands below the rows of the list of all that can be done: at most 72 characters.
	MenuDatesMore, MenuCabinsMore, MenuMineMore, HowToGetMore, MenuServicesMore, MenuPaymentMore, ToPersonMore string

	// Months from January on, as they are called in a sentence.
	Months [12]string

	// Topics is what questions are about, as labels.
	Topics map[understanding.Topic]string
}
