package understanding

// classTable names words that mean the same in a pattern.
var classTable = []struct{ name, words string }{
	{"opener", `
		hola ola buenas buenos holis bueno dale si ok gracias oi hi hello hey che listo perfecto genial perdon sorry disculpa
		desculpa perdona mejor eh ah mmm m mm uf uh pucha emm em bueh bue pues ahh je jeje jaja jajaja bien`},
	{"have", `
		tenes tienen tiene tienes tenias tendras tendrias tendrian tendria tendran tendra tenian tenia tene tenez tem teria
		teriam have has got manejan cuentan disponen`},
	{"is", "hay habra habria ay queda quedan quedo quedara quedaria quedarian existe consigo consigue sobra sobro conseguis habran existen ha"},
	{"room", `
		lugar lugares disponible disponibles disponibilidad dispo libre libres vacante vacantes cupo cupos espacio hueco vaga
		vagas disponivel disponiveis disponibilidade availability available vacancy vacancies free space spaces disponib
		disponibilidades disponivilidad liberado liberada desocupado desocupada desocupadas vacia vacio vacias fecha fechas
		chance chances posibilidad posibilidades oportunidad opening openings opcion opciones sitio`},
	{"thing", `
		algo cabana cabanas cabania cabin cabins anything something chale chales alojamiento hospedaje
		departamento departamentos nada hospedajes estancia depto cabanita refugio domo quincha place cottage cottages`},
	{"taken", `
		ocupado ocupada ocupados ocupadas lleno llena llenos completo completos alquilada alquilado full booked cheio lotado
		tomada tomado tomadas reservada reservado reservadas taken`},
	{"want", `
		quiero queremos quisiera quisieramos querria querriamos queria queriamos necesito necesitamos necesitaria gustaria
		busco buscamos quero gostaria want wanna need like preciso precisamos deseo desearia gostariamos podria puedo
		podriamos podes podrias quisiese ocupo ocupamos deseamos desearíamos interesa interesaria encantaria agradaria puedes quero queremos`},
	{"pay", "pagar abonar transferir depositar senar pagarte pagarle pagarles transferirte abonarte depositarte girar pay"},
	{"paying", `
		pago abono transfiero deposito seno paga abona pagamos abonamos transferimos depositamos pagarte paguen pague se`},
	{"money", `
		pago transferencia transfe transf deposito sena senia plata guita comprobante recibo dinero giro pagamento comprovante
		payment transfer money deposit receipt pix lucas mil pesos adelanto anticipo`},
	{"stay", "reserva reservas reservacion booking bookings reservation reservations estadia reservacao"},
	{"my", "mi mis nuestra nuestras la las my our minha minhas nossa tu su"},
	{"person", `
		persona humano humana alguien dueno duena duenos encargado encargada operador operadora asesor asesora propietario
		propietaria recepcionista pessoa atendente dono alguem anybody anyone person human owner agent someone somebody
		operator representante`},
	{"speak", `
		hablar hablo hablame charlar comunicarme comunicame comunicar contactar contacto atienda atiende atiendan pasame pasar
		derivame falar conversar talk speak chat contact conectame`},
	{"change", `
		cambiar cambio cambiame cambiarla cambiarlo cambiarnos modificar modifico modificarla reprogramar mover
		postergar mudar alterar trocar change modify move reschedule postpone ~cambiar ~modificar ~postergar ~reprogramar ~mover
		movela movelo movamos remarcar mudo trocamos`},
	{"shift", `
		correla correlo correme corran corramos atrasar atrasarla atrasarlo adelantarla adelantarlo adelantala adelantalo pasala
		pasalo pasarla pasarlo pasarlas pasenla pasenlo pasamela pasamelo posponer posponerla posponela posponemos ~aplazar`},
	{"make", `
		hacer hago haces hace hacen hacemos haga hagan hagas hagamos haria harias harian hare haras haran hacerla hacerlo
		haceme haceme fazer faz faca faco fazemos make efectuar concretar cerrar ~confirmar ~concretar ~generar genera ~gestionar ~tramitar
		~armar arma ~procesar ~iniciar inicia tomame tomar finalizar fechar fecha`},
	{"extend", `extender alargar prolongar acortar extend estender ~estirar ~extender ~alargar ~prolongar ~acortar ~agrandar ampliar`},
	{"adding", `
		~agregar agrega ~sumar suma ~anadir anade ~adicionar adiciona acrescentar acrescenta acrescento sacar saca saco sacamos quitar quita bajar bajale restar resta poner pone
		ponele add remove sumale agregale sacale incluir inclui`},
	{"place", `
		pueblo centro lago rio ruta playa ciudad terminal aeropuerto cerro montana villa plaza super supermercado mar bosque
		costanera estacion peatonal arroyo dique laguna cascada parque casino hospital town downtown lake beach river airport
		city centro cidade praia aeroporto mercado frontera`},
	{"vehicle", `
		auto autos camioneta camionetas coche moto motos vehiculo vehiculos carro lancha trailer bici bicis bicicleta bicicletas
		valijas equipaje bote kayak tabla tablas carpa motorhome cuatriciclo cuatri esquis equipos cosas combi car cars bikes
		bike luggage bags malas`},
	{"fun", `
		kayak kayaks bicicletas bicis bicicleta caballos cabalgatas cabalgata botes bote lanchas lancha tablas esqui excursiones
		cuatriciclos cuatris bikes horses boats boat caiaque caiaques cavalos canoas paseos rafting carpas`},
	{"fail", `
		anda abre funciona carga llego llega sirve deja entra anduvo funciono abrio cargo dejo responde reconoce toma permite
		prospero pasa paso aparece work works open opens working abre carrega`},
	{"coin", `
		clabe iban zelle wise bizum yape nequi abitab redpagos paypal western mercadopago cuentadni brubank lemon oxxo
		daviplata`},
	{"device", `link enlace qr boton pagina alias cbu app sistema web formulario botao`},
	{"book", `
		reservar reservarla reservarlo reservarte reservo reservamos reservame reservamela reservanos reservala reservalo
		reservenme reserves reserven reservemos apartar apartame apartamela apartala guardame guardamela guardanos guardala
		anotame anotanos anotenos separame separar bloqueame senar senarla reserve book booking reservarme reservarnos
		reservan reservaria reservariamos contratar guardarme guardarla apartarla reservemosla ~reservar ~apartar ~agendar
		~anotar ~apuntar ~separar ~bloquear apunta agenda agendame agendanos apuntame apuntanos reservense`},
	{"greet", `
		hola ola holi holis holu buenas wenas hello hi hey oi oie hellou ey epa olis alo quiubo quihubo quiubole heya hiya howdy
		greetings sup wassup opa salve bnas hla holaa aloha hellow holita holitas`},
	{"doing", `haces hacen hacemos acelga contas cuentas cuentan pasa haciendo onda tal hubo contais`},
}

// cueTable is what tells an intent. Where several are found the heaviest counts, and of equals the first.
var cueTable = []struct {
	intent   Intent
	weight   uint8
	patterns string
}{
	// A text that gives orders to a machine is no guest's.
	{Unknown, 95, `
		ignora|ignore|ignorar|ignoren|olvida|olvidate|forget|disregard * instrucciones|instructions|instrucoes|anterior|anteriores|previous|prompt;
		system prompt; modo debug|desarrollador|administrador|admin; drop table; select * from; script;
		actua|actuar|act|comportate como|as; sos un|una pirata|robot|gato;
		soy el|la desarrollador|administrador|admin|programador; datos|reservas de los otros|demas; jndi`},

	{Human, 88, `
		carne y hueso|huesos; no hay|esta|tienen|tenes|queda|aparece nadie|ninguno|ninguna|alguien|alguno|alguna * hablar|charlar|atender|ayudar|contestar|responder|atienda|ayude|conteste|responda|hable|real;
				me|nos|pode|podem|puede ligar|liga|ligue|ligam; liga|ligue|ligar pra|para mim|nos; passa|passe|passar pra|para|com ?uma|um pessoa|atendente|humano|alguem; nao|no|dont quero|queremos|quiero|want * robo|robots|maquina|machine|bot; @speak con|com|to|with|a * @person; @speak * @person; @person real|humano|humana|verdad;
		un|una|algun|alguna humano|operador|operadora|asesor|asesora|humana|atendente; ^ @person $;
		me atiende|atienden|atendes * alguien; hay|tem alguien|alguna|algum|algun * ahi|real|atendente|persona|del; hay|tem alguem|alguien * ai|ahi; hay|tem|habra alguien|alguna * que me|nos ?pueda|puede|podria atender|atienda|ayude|ayudar|responda|responder|conteste|hable|asesorar|asesore|llame;
		hablo|hablando|charlo|charlando|estoy|chateando con un|una|algun maquina|robot|bot|persona|humano; ayuda de alguien|una|un; esta|estan|anda el|la|los dueno|duena|duenos|encargado|encargada; con quien hablo|hablamos|trato|estoy|tengo; me|nos comunico|comunicas|comunican con; supervisor|gerente|responsable; hablar con * gente|ustedes|vos|supervisor|gerente|responsable;
		sos|eres real; atiende|habla|responde un|una humano|persona|robot|bot|maquina; speak|talk to|with * human|person|someone|somebody|manager|owner|staff;
		real human; robot|bot $; numero|telefono|celular * llamar|llamarlos|llamarte|comunicarme;
		llamame|llamenme|llameme|llamarme|llamen|llamarnos|liguen; me|nos podes|pueden|podrian|podrias|puede llamar;
		me llamas|llaman|llame; numero|telefono para llamar|llamarlos|hablar|comunicarme; call me; real person;
		hablar por telefono; un|el telefono ?de contacto; sos|eres|es un|una robot|bot|maquina|humano;
		no quiero * bot|robot|maquina; atencion humana|personalizada; hablo con alguien; quien * atiende;
		atencion al|del cliente|publico; ^ ?un|el|algun telefono $; contestame|contestenme|contesten;
		reclamo|queja|reclamos|denuncia`},

	{Human, 43, `
		esperando ?una|tu|su respuesta; hay|tem|there alguien|alguem|anybody|anyone $; anybody|anyone there; ^ alguien $;
		me|nos contestan|contesta|contestas|responden|responde|respondes`},
	{Unknown, 84, `
		followers|seguidores; clique|click|clic|haz aqui|here|en|clic; ganhe|gana|gane|earn|make dinheiro|dinero|plata|money; criptomonedas|bitcoin|forex; prestamos|loans|emprestimo;
		turno|turnos ?para|con|de ?la|el peluqueria|dentista|medico|doctor|consultorio|veterinario; peluqueria; insurance; pizza|pizzas|empanadas|hamburguesas; seguro|seguros de auto|vida|coche`},
	{Availability, 66, `
		busco|buscamos|buscando ?una|un @thing para ir|viajar|llegar;
		busco|buscamos|buscando ?una|un @thing ?para ?ir|viajar|llegar en|con ?un|mi auto|coche|camioneta|moto|autos`},
	{Unknown, 65, `
		venden|vendes|compran|compras|hacen|haces|tienen|tenes|consiguen * repuestos|repuesto|fletes|flete|mudanzas|tatuajes|depilacion|cubiertas|neumaticos|celulares|zapatillas|electrodomesticos|remedios|medicamentos;
				busco|buscando|buscamos|compro|quiero|queria * usado|usada|usados|usadas|repuesto|repuestos; ~arreglar|~reparar|~comprar|reparan|arreglan|compran * celulares|celular|heladera|heladeras|lavarropas|motos|autos|computadoras|computadora|televisores|zapatos|oro|autos|muebles;
				busco|buscan|ofrezco|hay|tienen trabajo|empleo; mando|dejo|envio ?mi cv; curriculum; te vendo|ofrezco; vendo|vendes;
		que opinas|pensas|opina de; quien gano|gana|es el|presidente; ganaste`},
	{Cancel, 82, `
		cancelar; cancela; cancelame; cancelarla; cancelarlo; cancelo; cancelamos; cancelen; cancelala; cancelalo; cancele;
		cancelemos; cancelanos; cancelacion; cancelaria; anular|anula|anulame|anulo|anulamos|anularla|anulen;
		~cancelar; ~anular; ~suspender|suspende * reserva|estadia|viaje|todo; ~desmarcar; desmarca; rescindir; cancelled|canceled; dejar|dejalo|dejamos sin efecto;
		liberar|libera|liberen|solta|suelten|soltar la|las|mi|nuestra reserva|cabana|fecha|fechas; complico|surgio|enfermo|enferme|fallecio|murio|imprevisto|accidente|interno|internaron|cancelaron|suspendieron * no vamos|podemos|puedo|voy|viajamos|llegamos;
		no vamos|voy|podemos|puedo|pensamos a|poder usar|usarla|ocupar|ocuparla; nao vou|vamos|posso|podemos mais|poder; call it off; have to call off; wont|not be|going|able coming|to|make;
		dar|doy|das|dan|damos|dame|dale|den|darla|darlo|daria|daremos|demos|dando|denme ?la|lo|me de|d baja; cancel|desistir|cancelamento;
		
		 se|nos suspende|suspendio|cayo el|la|nuestro viaje;
		nos bajamos|bajar; me bajo; tenemos|tengo que bajar|bajarme|bajarnos|suspender; ya no vamos|voy|viajamos|podemos;
		nao vamos|vou poder; cant|wont make|come; not coming|going anymore|any; no podemos|puedo|podremos|podre|pudimos|vamos ?a ?poder ir|viajar|asistir|concurrir $`},
	{Cancel, 85, `no podemos|puedo|podremos|podre|pudimos|vamos ?a ?poder ir|viajar|asistir|concurrir ?al ?final * cancelar|cancelarlo|cancelarla`},
	{Cancel, 87, `
		como|how|donde|where|onde ?se puedo|podemos|posso|can|do|puede|hago|faco ?i|we ?para|pra cancelar|cancel|anular;
		puedo|podemos|podria|podriamos|posso|poderia|can|could ?i|we cancelar|cancel|anular mi|nuestra|minha|nossa|my|our reserva|estadia|reservacion|booking|reservation ?<d> ?por|please ?favor ?porfa|porfavor|pls $;
		puedo|podemos|podria|podriamos cancelar|anular la reserva|estadia <d>`},
	{Change, 77, `llegar|ir|irnos|salir|quedarnos|venir|quedarme|entrar|llegamos|vamos un|una|unos|unas|# dia|dias|noche|noches antes|despues|mas|menos`},
	{Cancel, 75, `no|nao vamos|voy|podemos|puedo|podremos|podre|podriamos|pudimos|vou * a|poder ir|viajar|llegar|asistir; al final no|nao vamos|voy|podemos|puedo|viajamos|va`},
	{Paid, 80, `
		ahi|aca|ya|recien te|le|les|lo|la mande|pase|envie|gire|deposite|transferi $;
		ya|recien|ahi|aca|aqui|listo|hoy|ayer|ja ?te|le|les|lo|la|los|se pague|pagamos|transferi|transferimos|deposite|depositamos|abone|abonamos|sene|senamos|gire|paguei|fiz|depositei;
		pague|transferi|deposite|abone|sene|paguei|depositei|transferido|abonado|depositado|pagado|pagada|senado;
		hice|hicimos|realice|realizamos|efectue|hecha|hecho|fiz|acabo|mando|mande|pase|envie|adjunto|adjunte|gire|enviei|mandei|made|sent|did * @money;
		acabo|acabamos|acabe|acabei|termino|termine de @pay|hacer|fazer|mandar|enviar|girar;
		esta|quedo|ta pago|pagado|pagada|paga|abonado|transferido|depositado|hecho|hecha * pago|transferencia|;
		ya|ja esta|quedo|ta|fue pago|pagado|pagada|paga|abonado|transferido|depositado|hecha|acreditado;
		te|le|les|lo|la pase|mande|envie|gire|deposite|transferi * @money;
		te|le|les|ahi|aca va|mando|paso|dejo|envio|adjunto|fue * comprobante|recibo|comprovante|transferencia|transfe;
		segue ?o comprovante|comprobante;
		llego|recibiste|recibieron|recibio|entro|impacto|acredito|vieron|viste * pago|transferencia|transfe|plata|sena|deposito|comprobante|dinero|giro;
		i|already|just|have|ive paid|transferred; payment|transfer done|sent|made|completed; ya salio|mande|pase|fue * @money;
		salio|fue|enviada|enviado|mandada|listo|lista ?ya la|el|tu transfe|transferencia|sena|pago|giro|plata; money|deposit|payment|transfer|wire sent|done|made|paid; pagamento|pix|transferencia feito|feita|realizado|enviado|efetuado|realizada|enviada;
		mandei|enviei|fiz o|a pix|comprovante|pagamento|transferencia|deposito; acabei de pagar|transferir|mandar; ahi|ya|recien fue|va|salio|esta la|el transfe|transferencia|sena|plata|pago|comprobante; paid the|it|already|for;
		comprobante adjunto|de; ya esta * paga|pago|pagado|pagada|abonada; ya hice|hicimos el|la|un * @money;
		transferencia|transfe|pago|deposito|sena realizada|realizado|hecha|hecho|enviada|enviado|lista|listo|efectuada|completada|acreditada`},

	{Pay, 81, `
		no|todavia|aun|nao|havent no|?ainda pague|transferi|deposite|abone|sene|pagamos|pude|paguei|paid;
		no pude|puedo|logro|consigo|anduvo|anda|funciona|llego|me * pagar|link|pago|transferir|alias|cbu|abonar;
		no * llego|anda|funciona|abre|deja * link|pagar|alias|pago|cbu; @device * no|doesnt|isnt|nao ?me|se|nos @fail;
		@fail|recibi no|nunca|?me ?el @device; vencio|caduco|expiro|expired * link|pago|enlace|qr; link|enlace|qr * vencio|vencido|caduco|caducado|expiro|expired|roto;
		rechaza|rechazo|rechazan|rechazaron|rebota|reboto|declined|recusado|recusou * tarjeta|pago|transferencia|card|payment|cartao|pagamento;
		tarjeta|pago|transferencia|card|payment|cartao * rechaza|rechazo|rechazada|rechazado|rebota|reboto|declined|recusado;
		a|que|cual|donde|adonde * alias|cbu|cvu|cuenta|clabe ?te|les|le|se|lo|la mando|mandamos|paso|giro|envio|transfiero|transfieren|deposito|pago|hago; donde|adonde ?te|les|le|se|lo|la mando|giro|envio|paso ?la|el|los plata|guita|sena|dinero|pago;
		te|les|le transfiero|deposito|pago|abono ahora|manana|hoy|luego|despues|el|cuando|en`},

	{No, 79, `
		mejor no; no quiero|queremos nada|mas; no no; por ahora|ahora|todavia no; para nada; ni ahi|loco|loca|pedo|borracho;
		 prefiero que no; no gracias $; dejalo|deja $;
		^ ?no|nah|na|bue|bueno deja|dejalo|dejala ?nomas|ahi|asi|no|mas $|gracias; deja|dejalo|dejala nomas|ahi|asi; deixa pra|quieto|assim|estar; de ninguna|ningun manera|modo; rather not; no way; not at all; no es necesario;
		dont|do want|need|like * it|that|this|anymore; nao quero|queremos ?mais $|isso; no asi|esta asi|esta|bien esta|bien; melhor nao; not now|really|interested; no thanks|thank|obrigado|obrigada;
		nao obrigado|obrigada`},

	{Change, 76, `
		@change * fecha|fechas|reserva|reservas|dia|dias|noches|estadia|data|datas|date|dates|booking|reservation|reservacion|cabana|finde|semana;
		@shift; ~correr|adelantar|atrasar|pasar * reserva|fecha|fechas|estadia|booking; ~correr|adelantar|atrasar * dia|dias|noche|noches; ~correr|adelantar|atrasar|atrasen|adelanten|corre|corremos ?la|lo ?para <d>;
		^ mudou|cambio|cambiaron|changed * <p>|<d>; one|two|three|# more person|people|guest|guests|adult|kid; ^ digo|perdon # $; <p> no # $; <d>|<p> mejor $; ^ que sean|sea|seamos <d>|<p>|<c>; prefiero|preferimos|preferiria|prefeririamos ?ir|mejor|que ?sea ?para <d>|<p>|<c>|otra|otro; quise|quisimos|queria|quiso decir; @extend * noche|noches|reserva|estadia|dia|dias|stay|<d>|mas;
		@adding * noche|noches|persona|personas|dia|dias|<d>; ^ @adding a <p>; agregamos|agrego|agrega|agregame|add <p>; @adding uno|una|otro|otra|otra|# mas; somos|seriamos|seremos|vamos|van|vienen|viene|seria uno|una|otro|# ?persona|adulto|nene|chico menos|mas $;
		viene|vienen|va|van|somos uno|una|otro|otra|# * mas|menos $; mi|la|nuestra reserva * pasar|pasan|pasamos|mover|correr para|al|<d>;
		cambiar|cambiame|cambiamos|cambian|cambias|mover|reprogramar|modificar ?para <d>; me|nos ?lo|la cambian|cambias|cambiarian|pasan|pasas al|a|para ?la <d>|<c>; ^ @change <d>; vamos|van|seriamos a ser * mas $;
		@change para <d>; mejor|melhor ?para|en|el|la|del|de|seamos|serian|sean|que|por|solo|si ?sean <d>|<p>|<c>;
		mejor|melhor * <d>; mejor|melhor * <p>; mejor|melhor * <c>; mejor la|otra cabana|otra|grande|chica; mejor dicho;
		en|em vez|lugar de|del|do; al final * <d>|<p>; al final * <p>;
		al final vamos|somos|seriamos|seremos|nos|viene|vienen|son|van|voy; al final nos quedamos;
		somos|seriamos|vamos|seremos|seria uno|una|otro mas; somos|seriamos|vamos # mas $;
		se|nos suma|suman|sumo|sumamos|agrega|agregan|sumaron|agrego;
		agregar|sumar|sumarle|agregarle * noche|noches|persona|personas|dia|dias|cama|perro;
		me|nos equivoque|confundi|equivocamos|arrepenti; corrijo|correccion|rectifico|corrigo;
		no somos * somos; actually|na verdade; na verdade; actually; make it; instead of;
		extender|alargar|prolongar|acortar|extend|estender * estadia|reserva|noche|noches|dia|dias|stay|<d>;
		quedarnos|quedarme * mas; noche|dia|noches|dias|night|day mas|menos|extra|more|adicional $; en realidad * <d>;
		en realidad * <p>; en realidad somos|vamos|seriamos; era|eran del|para el|<d>`},

	{Change, correction, `
		perdon|sorry|disculpa|digo|desculpa|perdona|perdoname ?no ?era|eran|es|son|seria|serian|quise|mejor|para|me|en|i|its|it ?decir|el|para|del|a|la|equivoque|meant|is <d>|<p>; <d> no <d>`},

	{MyReservations, 66, `
		what|which|when|how ?many ?dates|nights|days|cabin|weekend|date did|have i|we book|booked|reserve|reserved; what|which|when * do|did i|we ?have book|booked|reserve|reserved; dates|nights|days i|we booked|reserved;
		tengo|tenemos|hice|hicimos|tenho|have * @stay * pasas|pasame|pasan|mandas|mandame|mandan|envias|enviame|das|decis|recordas|recordame|manda|passa|send|give|podes|podrias * datos|data|info|informacion|detalle|detalles|fechas|details|dados $;
				@stay|algo|nada|cabana a mi|nuestro nombre; habia|habiamos ?ya ?algo|una|la|todo reservado|reservada|reserva;
		llego|llega|recibi|mandaron * confirmacion|voucher; lo mio|nuestro; reservei; reenvias|reenviame|reenviar|reenvia|mandas|mandame|pasame|pasas|resend * confirmacion|voucher|confirmation; en que fecha|dia|dias quedamos|quedo|quede; mi|meu|my codigo|code; aparece|aparezco|figura|figuro * reserva|nombre|sistema;
		me|nos confirmas|confirma|confirman|confirmarias * @stay;
		ver|veo|mostrame|mostrar|mostra|consultar|buscar|buscame|buscas|chequear|revisar|confirmar|confirmame|confirmas|conocer|show|see|check|ver|verificar|consulto|saber|confirma|find * mi|mis|nuestra|my|minha|minhas|our @stay;
		mis|minhas|nuestras reservas; my reservations|bookings|booking|reservation;
		quedo|esta|sigue|figura|tenes|tienen|estado|status|estaria|estara|anda|como|is|ficou * mi|nuestra|la|my|minha @stay;
		@my @stay * confirmada|confirmado|pie|hecha|ok|firme|registrada|confirmed|lista|vigente;
		codigo|numero|nro de|da|mi|la @stay; que|cuales|cuantas reservas tengo|tenemos|hay; que|cuando tengo|tenemos|tenia reservado|reservada|reservas|reserva;
		que|qual|quais|cual|cuales|cuando|quando|what|when|where|como|which * mi|mis|nuestra|minha|minhas|nossa|my|our @stay; data|fecha|fechas|datas|dia|dias|date|dates|codigo|nombre|numero|datos|info|detalle|detalles|details * mi|mis|nuestra|minha|minhas|nossa|my|our @stay; fecha|fechas|dia|dias tengo|tenemos|tenia; fecha|fechas|dia|dias * reserve|reservei|reservamos; mis fechas|datas; minhas datas; my dates; para cuando|que tengo|tenemos|era; reserva ?esta|quedo|sigue confirmada;
		estado de mi|la; mi reserva|estadia * esta|quedo|sigue; cuando|que dia|fecha es|era|tengo mi|la reserva;
		estoy|estamos anotado|anotada|anotados|agendado|agendada|confirmado; figuro|figura * reserva`},
	{MyReservations, 60, `ya|nosotros|yo reserve|reservamos; reserve|reservamos ?por|en ?el booking|airbnb|<d>`},
	{MyReservations, 49, `@stay esta|es ?a nombre;
		la @stay <d>; mi|mis|nuestra|my|minha|our @stay;
		tengo|tenemos|tenia|teniamos|hice|hicimos|tenho|have * @stay|reservado|reservada; tenemos|tengo todo? reservado`},

	{Book, 63, `me|nos quedo|quedamos|quedaria|quedariamos con ?la|el <c>; quedarme|quedarnos con ?la|el <c>`},
	{Book, 66, `quiero|queremos|quisiera|queria|queriamos|quisieramos|necesito|gustaria senar`},
	{Pay, 65, `
		como|donde|adonde|cuando|onde|quando|how|a|por|que|where * @pay; como|donde|adonde|que cuenta|a * @paying $;
		como|donde|adonde ?te|les|le|se|la|lo|hago @paying;
		como seria|es|hago|serian|sera|manejan|funciona el|la|los|o pago|sena|pagos|transferencia|deposito|pagamento;
		@want @pay;
		pasa|pasame|pasas|pasarias|mandame|mandas|enviame|paso|dame|decime|podes|pasen|manda|enviar|send|repetis|repetir|me|queria|necesito|tirame|tira|reenvia * link|alias|cbu|cvu|pix|enlace; pasame|pasas|pasarias|mandame|mandas|enviame|paso|dame|decime|podes|pasen|manda|enviar|send|repetis|repetir|me * datos|cuenta;
		alias|cbu|cvu|pix; link|enlace para|de|pra|to @pay|pago|sena|pagamento|payment; payment link|method|methods|options;
		datos|cuenta bancarios|bancaria $; numero|nro de|da cuenta|conta; datos para|bancarios|de|p @pay|transferir|cuenta|transferencia;
		hago|hacemos|haria|hare ?la|el|un|una|ya transferencia|transfe|deposito|pago; forma|formas|medio|medios|metodo|metodos|opciones de|do pago|pagos|pagamento|pagar;
		aceptan|acepta|aceptas|toman|toma|tomas|reciben|recibis|recibe|trabajan|manejan|aceitam|aceita|take|accept|se|tienen|tenes|hay|puedo|con * tarjeta|tarjetas|efectivo|mercadopago|mercado|mp|transferencia|debito|credito|dolares|cuotas|billetera|cartao|pix|dinheiro|card|cards|cash|visa|mastercard|naranja|crypto|uala;
		se|puedo|podemos|podria|podes|can|posso|tengo|tenemos|hay|debo|necesito|voy|quiero que|a|?te|i @pay; @coin;
		?se puedo|podemos|puede|podria|podriamos|podes|pueden|can|could|posso|pode ?te|i|we|you|les|se|yo @pay; bank|banking|account|transfer|wire details|account|info|number; details|account * @pay; vamos|voy|va a @pay;
		how|where|can|do do|should|can|to ?i|we send|transfer|wire|pay ?you|the|a money|deposit|payment; send|wire ?you|the money|deposit; pay * deposit|balance|rest|online; titular ?de ?la ?cuenta|$; vence|vencimiento|plazo * pago|sena|link|pagar|senar|deposito; chave pix; conta|dados para|pra|bancarios|bancaria; dados * pagamento|pagar|transferencia; parcelar|parcelado|parcelas;
		en|con|de cuotas|tarjeta|efectivo; ^ @pay $; cuenta|cta bancaria|corriente|dni;
		a|que|q|cual nombre|cuenta|cta * transfiero|deposito|transferir|depositar|cuenta; pagar la|mi|el|una|lo;
		donde|adonde|como mando|envio|paso la|el|los|plata|guita|sena; how * pay; quiero|puedo pagar; a nombre de quien;
		te|le|les|i|vou transfiero|deposito|abono|pago; te|le|les hago|haria * transferencia|deposito|pago; te|le voy a @pay`},

	{Price, 62, `
		precio; precios; presio; tarifa; tarifas; tarifario; valores; costo; costos; presupuesto; cotizacion; cotizar;
		cotizame; cotizas; cotizarme; importe; preco; precos; orcamento; custa; custaria; custo; rates; rate; price; prices;
		pricing; cost; costs; quote; cuesta; costaria; costara; valor|valores; how much; quanto; qto;
		cuanto|cto|kuanto|cuanto|cuants|cnto|cuantto;
		que|q|k sale|cuesta|vale|saldria|salen|costaria|valdria|valen|cobran|cobras; en cuanto * deja|dejas|sale|salen;
		promo|promos|promocion|promociones|oferta|ofertas; cuanta plata|guita|lana|biyuya; sale|cuesta|vale|cobran|cobras|saldria lo|el|igual|mas|menos|aparte|extra|mucho;
		cuando sale|cuesta|vale|saldria|costaria * noche|cabana|finde|dia|semana; fee|fees; what do you charge; qual * diaria|valor; por cabeza; sai por; impuestos|impuesto|iva incluido|incluidos; incluye|con|sin|mas impuestos|impuesto|iva; baratito|baratita;
		cheap|cheaper|expensive; alcanza|caro|barato|barata|economico|economica|cara|salia|saldria;
		me|nos sale|cobras|cobran|cobrarias|haces * noche|noches|finde|dia|<d>|<p>; sale * noche|noche|<d>;
		a como * noche|dia|esta|estan|sale; cobras|cobran|cobrarias|cobrarian|cobra|charge`},
	{Price, 66, `cuanto|cuanta|quanto|que * senar|senarte|senarle; de|con cuanto es|seria|se|hay|tiene|piden|son ?que ?la|el|una sena|senia|senar|anticipo|adelanto; descuento|descuentos|discount|discounts|desconto|descontos|rebaja|descuentito`},
	{Availability, 62, `
		arriendan|arriendas|arrendar|arriendo|rento|renta|rentas|rentar; ~alquilar; sigue|siguen|esta|estan|queda|still|is|estaria * libre|@room; me|te|nos fijas|fijarias|fijate|fijarte ?si * @have|@is;
		hospedan|hospedar|alojan|hospedaje|alojamiento para|p|<d>|<p>; tem|tenes|tienen|hay algum|alguma|algun|alguna chale|cabana|data|fecha;
		@have|@is * @room; @have|@is * @thing; @have|@is ?el|la|para|en <d>|<p> alguna|alguno|algun; @have|@is * alguna|alguno|algun @thing|$|<d>|<p>|para|del|en|entre|el;
		@have|@is|ay ?para|pal|p|pa|el|x|pra|pro|entre|desde|de|em|no|on|for|from|por|en <d>|<p>;
		<d> @have|@is|hay|ay|queda|quedo; <p> @have|hay|ay $; disponible; disponibles; disponibilidad; dispo; disponibilidade;
		disponivel; disponiveis; availability; available; vacancy; vacancies; disponib; disponivilidad; disponibilidades;
		esta|estan|estara|estaria|sigue|siguen|estas|are|is|tenes|queda|estarian * libre|libres|@taken;
		todo|tenes|tienen * lleno|ocupado|completo|llenos; libre|libres;
		cabana|cabanas|cabania * disponible|libre|libres|disponibles;
		alquilan|alquilas|alquila|alquilar|alquilo|alquilarian|alquilame|rentan|alugam|aluga|alugar|rent;
		any cabins|cabin|room|rooms|space; queda|quedan|quedo|sobra * libre|algo|lugar|alguna|cabana|@room;
		recibirian|reciben|recibis <p>|<d>;
		podran|podra|puede|podria|pueden recibirnos|alojarnos|hospedarnos|recibirme|alojarme;
		habra|habria|queda|quedan|tendra|tendras|tendran|tendrias|tendrian <d>|<p>|lugar|algo|nada;
		lugar para|pal|p|el|en <d>|<p>; que|cuando|cuales * fechas|dias|finde * libre|libres|disponibles|disponible;
		fechas libres|disponibles; what|which|any dates|days|weekend|weekends * free|available|open; hueco|huequito; tem vaga|vagas; are you free|full|open; you free`},
	{Book, 60, `
		@want ?reservar la|el|a|o <c> ?para|p <d>; la|lo quiero|queremos ?para|p <d>; @want ?la|el|a|o <c> ?para|p del|desde|de|entre|el <d>;
		@want|para|como|quiero|podemos|podes|podrias|pode|can|could * @book; ^ ?me|nos|la|lo|dale|si ?la|lo @book;
		@book ?ya|la|lo|el|una|para|del|de|it|esa|esta|mi|the|this|a|essa <d>|<p>|<c>|cabana|$|cabin|it|nombre;
		hacer|hago|haria|haces|hacen|harias|harian|hacerla|fazer|make|efectuar|concretar|cerrar|confirmar|confirmo|confirmamos * reserva|reservacion|reservation|booking|reserva;
		dejame|dejanos|deja|dejamela|dejala ?ya|la|el reservado|reservada|reservadas|anotado|anotada|apartada|apartado; @make ?ya|me|nos|la|una|esa|mi|le|el|a|uma|nuestra reserva|reservacion|reservation|booking; vamos|voy|vamo|quedo|quedamos con esa|ese|esta|la|el $; vamos|voy|quedo|quedamos con <c>;
		procedamos|sigamos|sigo|seguimos|procede|continuar|continuemos|prosigamos|adelante con|a la|el|con reserva; ^ avancemos|avanzamos|cerremos|cerramos|arreglemos|procedamos $;
		ponela|ponelo|pone|ponga|ponganla|anotala|ponerla a|al mi|nuestro nombre; ill|well|i|we|lets|will take|grab|book it|that|this|the; go with|for it|that|the|this; lock it|us in; book us;
		quero|vou|vamos|pode fechar|querer reservar|ficar|reservar|garantir; fecha|fechamos|fechado pra|a|essa mim|reserva; me|nos apuntas|agendas|bloqueas|separas|anotan|apuntan|agendan|guarda|aparta|anota|reserva|separa|agenda|apunta $|la|el|esa|<d>|<c>|para|del;
		como|para|p|pra ?se reservar|reservo|reserva|reservamos; como se hace la reserva; ^ reserva $;
		la|lo|las|me|nos tomo|tomamos|llevo|quedo|quedamos ?con|$; la|lo quiero|queremos|reservo|reservamos|aparto $;
		tomo|tomamos|elijo|elegimos|elegi ?la|el|esa <c>|cabana|esa|esta;
		me|nos anotas|reservas|guardas|apartas|reservan|anotan|guardan;
		me|nos la|lo|las quedo|quedamos|reservas|guardas|anotas|apartas|reservan|guardan|reservarias|apartarias|anotan|guardarias|bloqueas;
		^ reserva|reservas|reservation ?para|del|de|por|en <d>|<p>|para|a;
		@want|queria * reserva|reservacion|reservation|booking; anotame; anotanos; guardame; guardamela; guardanos; apartame;
		apartamela; apartala; separame; reservame; reservamela; reservanos; reservala; reservalo; bloqueame; reservenos;
		reservenme; anotenos; anotenme; reservemos; reservar; reservo|reserve; cerramos|cerremos|arreglamos $;
		avancemos|avanzar|avanzamos con la reserva; proceder|seguir con la|a reserva|reservar; se puede reservar`},

	{Availability, 59, `
		@want|ando|estoy|estamos * cabana|cabanas|cabania|alojamiento|hospedaje|cabin|algo|lugar|chale|depto|departamento|duplex;
		busco|buscamos|buscando|procurando|looking|averiguar|averiguando|averiguo;
		interesa|interesaria|interesados|interesado|interesada|interessado;
		@want|pensaba|pensabamos|pensando|planeamos|estamos|estaba|quiere|estaria|estariamos * ir|hospedarme|hospedarnos|alojarme|alojarnos|quedarme|quedarnos|escaparnos|escaparme|venir|viajar|pasar|parar|instalarnos|stay|come|ficar|visitar * <d>`},
	{Availability, 46, `
		^ lugar|lugares|vacante|vacantes|cupo|cupos|vaga|vagas $; @have|@is el|la|otro siguiente|proximo|otro|finde;
		^ ?y ?para|el|la|pro|pra|no ?el|la|o <d> $; ^ ?y|no|pero|si ?no @have $; @is $; estan|estas <d>`},
	{No, 44, `no me|nos interesa|convence|sirve|va|convencio|conviene`},
	{Human, 42, `hablar|comunicarme con`},
	{Yes, 60, `si|dale|ok|bueno ?si me|nos interesa|copa|gusta $`},
	{No, 63, `^ no * caro|cara|mucho $`},
	{No, 60, `no|nao|nunca me|nos interesa|copa|convence $`},
	{Thanks, 43, `gracias|obrigado|obrigada|thanks por|pela|pelo|for ?tu|su|la|el|los|las|a|your|the ?buena todo|tudo|info|informacion|atencion|respuesta|responder|contestar|avisar|tiempo|paciencia|ayuda|help|onda|igual|everything;
		hablar|hablarlo|charlar|charlarlo|consultar|consultarlo|verlo|comunicarme con mi|mis|ellos|el|ella|los|la`},
	{No, 40, `
		al final no $; ya no $; ^ no $; ^ no; nop|nope|nones|tampoco|naa|nah|naaa|nao|negativo|noup|nopo|nel; ^ na $;
		nono|nonono|nones|noup|nain|naranja|jamas|negative|negativo|nem|naaah; todavia|aun|eso|yo|mejor|tampoco|ahora|agora|creo|que|prefiero|preferimos no|nao $; ni en pedo|broma|sueno; ^ nada $; ninguno|ninguna de esas|esos|las|los|estas|estos|ellas; no importa|tranqui;
		nao precisa|quero|obrigado|obrigada; not yet|now|really|interested; no gracias; no quiero|queremos|quero; no me|nos * interesa; no hace falta; no necesito|necesitamos;
		no por|gracias ahora|; ^ paso $; no va; no puedo|podemos`},
	{Unknown, 41, `no se|entiendo|entendi|entendo; no tengo idea; que es esto; quien sos|es|gano`},
	{Pay, 64, `como|cuando ?se hace|hago|hacemos|realiza|realizo el|la|un pago|sena|transferencia|deposito`},
	{Pay, 58, `pagamos|pago|abonamos|abono|pagaria|pagariamos la|el|todo|mitad|resto|saldo|una; falta pagar`},
	{Change, 47, `^ no <d>; ^ no <p>; la otra|outra cabana|$; otra cabana $`},
	{Yes, 35, `
		al final si $; ^ si; si si; sisi|sip|aja|ahja|sep|sii|sipi|seh|sim; dale|dalee|deale; obvio|obviamente|obvi; de una;
		claro; por supuesto; joya; confirmo|confirmado|confirmamos; me parece bien|perfecto|genial|barbaro; de acuerdo;
		acepto|aceptamos; adelante; hagamoslo|hagamosle; ^ va|vamos|meta|metele|exacto|correcto|eso|asi|tal|metale|fija $;
		correcto|exacto|exactamente|afirmativo|affirmative; tal cual; desde luego; ^ cierto $; sin duda|dudas; ciertamente; pode ser; yes|yeah|yep|yup|sure|correct|absolutely|definitely;
		sounds good; go ahead; isso|combinado|fechado|beleza|certo; esta bien; ta bien|bom;
		si quiero|queremos|por|confirmo|claro|dale; dale que; asi es; eso mismo|es; hecho $; como no; va queriendo;
		me|nos sirve|gusta|va|copa|parece|cierra|queda|viene ?bien|joya|perfecto|genial|barbaro $; ok dale; ^ se $; ^ ?bueno sale|andale|orale|sale|arre|simon|cerrado|fechou|fecho|show|top|cool|deal|fine|awesome|lovely|copado|regio|vamo|dale $;
		andale; orale; sipo; ^ y|ahre|bueno|eso|ahora|claro|obvio|jaja|po|ah si $; creo|supongo|parece|diria|obvio|claro que si; trato hecho; ^ si po|pues; esta perfecto|genial|ok|buenisimo|barbaro|joya|bueno; okidoki; okay;
		^ seguro|segura|seguramente $; va bien|joya|perfecto $; com certeza; isso mesmo; blz; ta bom|certo|otimo|bem; of course; please do; thats|that fine|right|correct|good|great|ok|perfect|works; sounds great|perfect|ok|good; works for; yea; ya $; sim pode|claro|quero; ^ metele|mandale|largue|largale $; cuenten|conta conmigo; dale * gas|va|nomas`},
	{Thanks, 30, `
		gracias; grax; grcs; gracia; grazie; grasias; agradezco; agradece; agradecen; agradecido; agradecida; agradecemos; obrigado; obrigada; obg;
		valeu; thanks; thank; thx; ty; thankyou; graciass; graciela; muy amable|amables;
		chau|chauu|chao|adios|tchau|bye|goodbye|chaucito; ^ hasta luego|pronto|manana|la|otro $|proxima|vista|dia; hasta luego|pronto $; cheers; bendiciones|bendicion; dios te|los|la bendiga; cuidate|cuidense|cuidese; besitos|besos; brigado|brigada|brigadao|vlw|flw|falou;
		appreciate|appreciated; see you|ya; take care; have a nice|good|great|lovely; tks|tnx|thks|tanks|grs|gcias|grac|grasia|gracia; un|una amor|sol|divino|divina|genio|genia|capo|capa|idolo|idola|crack|reina|dulce|masa; te pasaste; que amable|amables|amor|buena onda;
		abracos|abraco; ate breve|amanha; agradecidos|agradecidas; placer $; ta luego; chaucha; nos vemos;
		saludos|abrazo|abrazos|besos|beso; buen finde|descanso|domingo;
		que tengas|tenga|tengan|ande|andes * dia|tarde|noche|finde|semana|bien;
		genia|genio|genios|idolo|idola|crack|grosa|groso; igualmente; ate logo|mais`},
	{Greeting, 36, `e ai; tudo|todo beleza|joia|bem|bom|piola|tranqui; beleza`},
	{Thanks, 36, `
		lo pienso|vemos|charlo|consulto|hablo|hablamos|charlamos|converso|vere|veo|pensamos|analizo;
		te|les|le aviso|avisamos|confirmo|escribo|digo|cuento|hablo|confirmamos|avisaria;
		despues|luego|mas te|les|tarde aviso|confirmo|escribo|hablamos|vemos|te; cualquier cosa * aviso|escribo|hablo;
		estamos en contacto; quedo a`},
	{Yes, 28, `
		ok|oka|okey|okay|okis|oki|okk|oks|okei; perfecto|perfect|perfeito; genial; barbaro; buenisimo; buenisima; excelente;
		espectacular; fantastico; bacan; bakan; chevere; bkn; filete; padrisimo; chido; macanudo; piola; great; otimo; fenomeno; impecable; diez; barbara; maravilloso; ^ bueno|bien|listo|listoo;
		vale; de diez; ta $`},
	{Greeting, 20, `
		@greet; feliz|felices|happy|merry navidad|ano|fiestas|ano|dia|christmas|new|natal|pascua|pascuas|reyes; felicidades;
		buen|buenos|buena|bom|boa dia|dias|tarde|tardes|noche|noches|noite; buenas; que|q|k tal|onda|hubo|hace;
		como|komo va|andas|andan|estas|estan|esta|le|te|vas|anda|andamos|van; good morning|afternoon|evening|night|day;
		how are|is; tudo bem|bom|joia; una|1|hacer|una consulta|consultita|pregunta|duda|consultar; menu|inicio|empezar|start;
		saludos; que|q|k @doing; todo bien|ok|tranqui|piola|joya|orden|tranquilo; todo en orden; whats|what up|new|happening; e ai|aiii; bem vindo; vengo|vi|encontre|consegui|conseguimos|vimos|saque * instagram|facebook|face|ig|google|internet|anuncio|aviso|publicacion|pagina|numero|contacto|web;
		me pasaron|dieron|recomendaron|recomendo|paso|dio; buen|bn|bno dia|lunes|martes|miercoles|jueves|viernes|sabado; se puede consultar|preguntar; molesto|molestarte|molestarlos con|por|una|para; how do you do; howre you|ya; tudo bom|joia|certo`},
}

// correction is the weight of a slip that is put right: a change, unless what is put right was said in the same text.
const correction = 74
