package payment

// Reason says in Spanish why a payment was not made and what the guest can do, in whole sentences. detail is the StatusDetail
// of a rejected or cancelled payment; one that is not known, or that the guest should not be told, gets a general answer.
// https://www.mercadopago.com.ar/developers/en/docs/checkout-api/response-handling/collection-results
func Reason(detail string) string {
	switch detail {
	case "cc_rejected_bad_filled_card_number":
		return "El número de la tarjeta no es correcto. Revisalo y probá de nuevo."
	case "cc_rejected_bad_filled_date":
		return "La fecha de vencimiento de la tarjeta no es correcta. Revisala y probá de nuevo."
	case "cc_rejected_bad_filled_security_code":
		return "El código de seguridad de la tarjeta no es correcto. Revisalo y probá de nuevo."
	case "cc_rejected_bad_filled_other", "cc_rejected_bad_filled_card", "rejected_insufficient_data":
		return "Algún dato de la tarjeta o de su titular no es correcto. Revisá los datos y probá de nuevo."
	case "cc_rejected_insufficient_amount", "insufficient_amount":
		return "El medio de pago no tiene fondos o límite suficiente. Probá con otro."
	case "cc_rejected_call_for_authorize":
		return "Tu banco pide que autorices el pago. Llamalo, autorizalo y probá de nuevo, o usá otro medio de pago."
	case "cc_rejected_card_disabled":
		return "La tarjeta no está habilitada para esta compra. Llamá a tu banco para activarla o usá otro medio de pago."
	case "cc_rejected_duplicated_payment":
		return "Ya hiciste un pago por el mismo importe hace instantes. Fijate si se acreditó antes de pagar otra vez."
	case "cc_rejected_max_attempts", "cc_rejected_card_max_attempts":
		return "Llegaste al límite de intentos con esta tarjeta. Usá otra u otro medio de pago."
	case "cc_rejected_invalid_installments":
		return "La tarjeta no acepta esa cantidad de cuotas. Elegí otra cantidad o usá otro medio de pago."
	case "cc_amount_rate_limit_exceeded":
		return "El importe supera el límite del medio de pago. Usá otro."
	case "cc_rejected_card_type_not_allowed":
		return "Ese tipo de tarjeta no se acepta para este pago. Usá otra u otro medio de pago."
	case "cc_rejected_3ds_challenge", "cc_rejected_3ds_mandatory":
		return "Tu banco no pudo confirmar que sos vos quien paga. Probá de nuevo o usá otro medio de pago."
	case "bank_error", "rejected_by_bank":
		return "El banco rechazó el pago. Probá de nuevo en un rato o usá otro medio de pago."
	case "expired":
		return "El plazo para hacer el pago venció."
	case "by_payer":
		return "Cancelaste el pago."
	case "by_collector":
		return "El pago fue cancelado."
	default: // high_risk, blacklist and the like too: what the provider suspects is not for us to tell
		return "El pago no fue aprobado. Probá de nuevo o usá otro medio de pago."
	}
}
