package understanding

// Topic is what a question about the cabin, the place or its rules is about.
type Topic string

// What guests ask about.
const (
	TopicCheckIn      Topic = "check_in"  // from what time
	TopicCheckOut     Topic = "check_out" // until what time
	TopicAddress      Topic = "address"   // where it is, how to get there, how far
	TopicPets         Topic = "pets"
	TopicWifi         Topic = "wifi"
	TopicTowels       Topic = "towels"
	TopicLinen        Topic = "linen"
	TopicParking      Topic = "parking"
	TopicPool         Topic = "pool"
	TopicHotTub       Topic = "hot_tub"
	TopicGrill        Topic = "grill"
	TopicKitchen      Topic = "kitchen"
	TopicHeating      Topic = "heating"
	TopicAir          Topic = "air"
	TopicTV           Topic = "tv"
	TopicBreakfast    Topic = "breakfast"
	TopicCapacity     Topic = "capacity" // how many fit, beds, rooms
	TopicPayment      Topic = "payment_methods"
	TopicCancellation Topic = "cancellation_policy"
	TopicDeposit      Topic = "deposit"
	TopicChildren     Topic = "children" // high chair, playground, whether they may come
	TopicCrib         Topic = "crib"
	TopicFirewood     Topic = "firewood"
	TopicHotWater     Topic = "hot_water"
	TopicCleaning     Topic = "cleaning"
	TopicActivities   Topic = "activities" // what there is to do and to buy around: river, lake, shops, restaurants
	TopicSmoking      Topic = "smoking"
	TopicParties      Topic = "parties" // and noise, and visitors
	TopicAccess       Topic = "accessibility"
	TopicLaundry      Topic = "laundry"
	TopicMinimum      Topic = "minimum_stay"
	TopicServices     Topic = "services" // what it has, all of it
)
