package understanding

// roleTable says what words can be in a date or a party, in all three languages. Words are spelled as they are compared:
// without accents.
var roleTable = []struct {
	role  role
	words string
}{
	// Dates.
	{theRole, "el los o os the pal al del do ao on"},
	{ofRole, "de d del do da of dl"},
	{fromRole, "desde dsd dsde del from entre between partir starting do"},
	{toRole, "al a ao to hasta ate until till hta hsta ata asta through thru"},
	{untilRole, "hasta ate until till hta hsta asta through thru"},
	{andRole, "y e and i"},
	{orRole, "o u ou or"},
	{dayRole, "dia dias day days diita diitas"},
	{nightRole, "noche noches noite noites night nights nochecita nochecitas noxes noxe diarias diaria nch"},
	{weekRole, "semana semanas week weeks sem semanita"},
	{fortnightRole, "quincena quincenas quinzena qna quinc 15na"},
	{monthRole, "mes meses month months mez"},
	{weekendRole, "finde findes fds finder finsemana findesemana weekend weekends finds findee finesemana findelargo"},
	{endRole, "fin fim final finales fines"},
	{longRole, "findelargo largo larguito xl xxl prolongado long extralargo"},
	{thisRole, "este esta ese esa this deste desta neste nesta esse essa estos these"},
	{nextRole, "proximo proxima prox proximos proximas siguiente sgte next entrante seguinte proximito"},
	{otherRole, "otro otra outro outra other another"},
	{lastRole, "ultimo ultima last"},
	{goneRole, "pasado pasada passado passada last anterior"},
	{thatRole, "que q k ke"},
	{comesRole, "viene vem entra vine vienen"},
	{todayRole, "hoy hoje today hoi oy tonight"},
	{tomorrowRole, "manana amanha tomorrow mñn tomorow tmrw mnana maniana"},
	{afterRole, "pasadomanana pasado depois after"},
	{yesterdayRole, "ayer ontem yesterday anteayer anoche"},
	{allRole, "todo toda completo completa entero entera whole entire inteiro inteira all"},
	{forRole, "para pra pa x xa p pal por for pro pras p4 entre"},
	{inRole, "en dentro em no na in within daqui"},
	{arriveRole, `
		llego llegamos llegaria llegariamos llegando llegar llegaremos llegue lleguemos llegan entro entramos entrando
		entrar entrada entrariamos entraria ingreso ingresamos ingresando ingresar ingresaria ingresariamos checkin
		check in voy vamos iria iriamos arrancando arrancamos arrivo arribo arribamos arribando chego chegamos
		chegando chegar chegada chegariamos arrive arriving arrival salgo saliendo viajo viajamos empezando`},
	{leaveRole, `
		salgo salimos saliendo salida saldriamos salir saldria vuelvo volvemos volviendo volver volveriamos regreso
		regresamos regresando egreso egresamos egresando vamos voy iriamos iria yendonos dejamos retiramos
		retirandonos retirada checkout saio saimos saindo sair saida voltamos leave leaving departure departing depart
		yendo out partimos`},
	{movementRole, "entrada salida ingreso egreso checkin checkout regreso arrivo arribo chegada saida arrival departure"},
	{approxRole, `
		mediados principios principio comienzos comienzo fines finales inicio meados comeco inicios mid early late
		beginning`},
	{insteadRole, "vez lugar instead"},

	// Refusals, and dates of something else.
	{noRole, "no nao not dont cant ni tampoco nunca wont"},
	{cannotRole, `
		puedo podemos podria podriamos puede pude pudimos podre podremos sirve sirven conviene convienen quiero
		queremos quiere voy vamos va van llego llegamos llegaria queria queriamos necesito era eran es son seria
		serian posso vou serve quero quer can make want coming come going go need gusta da viene vienen ir pueden
		puedan quedamos interesa cierra`},
	{errandRole, `
		confirmo confirmamos aviso avisamos escribo llamo transfiero deposito pago hablamos respondo contesto digo
		mando envio decido consulto averiguo pregunto resuelvo paso cobro confirmarei ligo confirm call transfer let
		hablo llamamos transferimos depositamos seguimos vemos naci nacio nacimiento cumplo cumple aniversario`},

	// Guests.
	{withRole, "con com with c junto"},
	{plusRole, "mas more mais"},
	{withoutRole, "sin sem without"},
	{myRole, "mi mis my meu minha meus minhas nuestro nuestra nuestros nuestras su sus our tu"},
	{meRole, "yo eu me myself i"},
	{areRole, `
		entramos entrariamos cabemos somos seremos seriamos serian seria vamos vendriamos viajamos estamos sumamos eramos estaremos we are were
		somo semos viajan viajariamos iriamos irian iremos quedamos quedariamos van estariamos seamos fuesemos
		fueramos alojariamos ser ir son viajaremos total`},
	{peopleRole, `
		personas persona pers per person persons people ppl pax paxs px huespedes huesped guest guests pasajeros
		pasajero pessoas pessoa hospedes prs perso perzonas personitas individuos travellers travelers viajeros almas`},
	{adultRole, "adultos adulto adultas adulta adults adult mayores mayor grandes ad adt adul jubilados"},
	{childRole, `
		nene nenes nena nenas nino ninos nina ninas chico chicos chiquitos chiquito chiquita menor menores hijo hijos
		hija hijas kid kids child children crianca criancas filho filhos filha filhas ninio ninios peque peques
		pequenos pequenas nietos nieto nieta nietas sobrinos sobrino sobrinitos niet infantes toddler toddlers pibes
		pibitos criaturas crios sons daughter daughters chiquis nenitos gurises gurisas nietitos hijitos adolescentes
		adolescente adolesc teens teenagers`},
	{babyRole, "bebe bebes bb bebito bebita bebitos baby babies infant bebecito lactante recien nenem beba"},
	{coupleRole, "pareja parejas matrimonio matrimonios couple couples casal casais parejitas parejita"},
	{friendRole, `
		amigos amigas mujeres hombres varones chicas senoras friends amigues companeros companeras obreros
		trabajadores tipos jovenes hermanos hermanas primos primas men women ladies guys motoqueros ciclistas
		pescadores colegas estudiantes integrantes flacos minas tias primes`},
	{familyRole, "flia familia family familias grupo group party familiares contingente delegacion"},
	{kinRole, `
		mujer esposa esposo marido novia novio senora senor hermana hermano cunada cunado suegra suegro mama papa
		madre padre abuela abuelo prima primo tia tio amiga amigo vieja viejo companera companero wife husband
		girlfriend boyfriend mother father mom dad sister brother friend esposinha mulher namorada namorado irmao irma
		mae pai partner jermu pareja socio yerno nuera sobrina prometida prometido jefa`},
	{kinTwoRole, "padres viejos suegros abuelos papas parents pais tios cunados"},
	{petRole, `
		perro perros perra perras perrito perritos perrita perritas gato gatos gata gatito gatitos gatita gatitas
		cachorro cachorros cachorra cachorrinho cachorrinha cachorrito caniche caniches dog dogs cat cats puppy
		puppies doggy pichicho pichicha pug bulldog labrador golden salchicha ovejero loro conejo gatinho dogui
		firulais chihuahua perrote perrazo cao caes pichichos`},
	{petsRole, "mascota mascotas mascotita mascotitas pet pets animal animales animalito animalitos animais bichos estimacao"},
	{aloneRole, "solo sola alone sozinho sozinha solito solita"},

	// Cabins.
	{cabinRole, `
		cabana cabanas cabania cabanias cab cabanita cabanitas chale chalet chales bungalow bungalo bungalows cabin
		cabins depto departamento unidad unidades opcion duplex monoambiente dpto alojamiento casita casitas room`},
	{numberRole, "numero nro num n number nr nmero"},

	// What numbers count that is none of ours.
	{hourRole, "hs h hrs hora horas pm am hr hours hour oclock horitas min minutos minutes"},
	{atRole, "las tipo at hora"},
	{moneyRole, `
		mil lucas luca pesos peso usd dolares dolar ars palos palo k reais real dollars dollar bucks mangos millon
		millones porciento mangazos euros cuotas cuota`},
	{measureRole, `
		anos ano anitos anios years year cuadras cuadra km kms kilometros metros mts m cm grados cama camas habitacion
		habitaciones hab habs dormitorios dormitorio ambientes ambiente banos bano autos auto vehiculos toallas juegos
		estrellas pisos piso plantas vehiculo kg kilos veces vez meses mes quartos quarto carros carro cars car beds
		bed bedrooms rooms motos moto camionetas camioneta plaza plazas matrimoniales bicis cuartos cuarto somier somieres
		sillas m2 mt mensajes preguntas consultas pregunta consulta cosas cosa dudas familias opciones llamadas fotos
		foto stars miles blocks`},
	{labelRole, `
		telefono tel cel celular numero whatsapp wsp dni documento cuit cuil calle avenida av ruta codigo cod code
		edad tengo tiene phone id pasaporte cuenta interno altura`},
	{stayRole, "reserva reservas reservacion estadia booking reservation stay estada"},
	{shortRole, `
		mar sun sat mon may set out segunda terca quarta quinta sexta agos dom wed fri ter qua qui sex seg dez mars
		once tue thu mayo abril sep`},
}

// valueTable says what numerals, ordinals, months and weekdays are worth.
var valueTable = []value{
	{words: "un uno una um uma one a an", number: 1},
	{words: "dos dois duas two doss", number: 2},
	{words: "tres three", number: 3},
	{words: "cuatro quatro four kuatro", number: 4},
	{words: "cinco five sinco", number: 5},
	{words: "seis six", number: 6},
	{words: "siete sete seven ciete", number: 7},
	{words: "ocho oito eight", number: 8},
	{words: "nueve nove nine", number: 9},
	{words: "diez dez ten dies", number: 10},
	{words: "once onze eleven", number: 11},
	{words: "doce doze twelve dose", number: 12},
	{words: "trece treze thirteen", number: 13},
	{words: "catorce catorze quatorze fourteen", number: 14},
	{words: "quince quinze fifteen quinse", number: 15},
	{words: "dieciseis dezesseis sixteen", number: 16},
	{words: "diecisiete dezessete seventeen", number: 17},
	{words: "dieciocho dezoito eighteen", number: 18},
	{words: "diecinueve dezenove nineteen", number: 19},
	{words: "veinte vinte twenty beinte", number: 20},
	{words: "veintiuno veintiun", number: 21},
	{words: "veintidos", number: 22},
	{words: "veintitres", number: 23},
	{words: "veinticuatro", number: 24},
	{words: "veinticinco", number: 25},
	{words: "veintiseis", number: 26},
	{words: "veintisiete", number: 27},
	{words: "veintiocho", number: 28},
	{words: "veintinueve", number: 29},
	{words: "treinta trinta thirty", number: 30},

	{words: `navidad navidades nochebuena natal christmas xmas ano new reveillon revellion nye reyes san enamorados valentin valentines valentine carnaval carnavales carnival
		feriado feriadon feriadao puente pascua pascuas pascoa easter ss semanasanta holy holiday vacaciones day`, named: true},

	{words: "primer primera primero primeira primeiro first 1st", ordinal: 1},
	{words: "segunda segundo second", ordinal: 2},
	{words: "tercer tercera tercero terceira third", ordinal: 3},
	{words: "cuarta cuarto fourth", ordinal: 4},
	{words: "quinta quinto fifth", ordinal: 5},
	{words: "ultima ultimo last", ordinal: -1},

	{words: "enero ene jan janeiro january enerro", month: 1},
	{words: "febrero feb febr fev fevereiro february", month: 2},
	{words: "marzo mar marco march mrz", month: 3},
	{words: "abril abr apr april", month: 4},
	{words: "mayo may maio", month: 5},
	{words: "junio jun junho june", month: 6},
	{words: "julio jul julho july", month: 7},
	{words: "agosto ago ag aug agos august", month: 8},
	{words: "septiembre setiembre sep sept set setembro september", month: 9},
	{words: "octubre oct out outubro october", month: 10},
	{words: "noviembre nov novembro november", month: 11},
	{words: "diciembre dic dez dezembro dec december diciem", month: 12},

	{words: "domingo dom sunday sun domimgo", weekday: 1},
	{words: "lunes lun segunda monday mon", weekday: 2},
	{words: "martes terca tuesday tue tues", weekday: 3},
	{words: "miercoles mier mie quarta wednesday wed miercole", weekday: 4},
	{words: "jueves jue juev quinta thursday thu thurs", weekday: 5},
	{words: "viernes vie vier sexta friday fri", weekday: 6},
	{words: "sabado sab saturday sat", weekday: 7},
}
