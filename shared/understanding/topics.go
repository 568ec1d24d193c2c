package understanding

const (
	nounWeight     = 50 // a thing that was named: asked about, if it was asked
	questionWeight = 61 // a question about it
	sureWeight     = 64 // one in the words of another: "hay lugar para el auto?", "a cuánto está del lago?"
	saidWeight     = 42 // a thing that was named in passing, beside a date or a party
)

// topicTable is what guests ask about: nouns, which are a question where they are asked, and questions, which always are one.
var topicTable = []struct {
	topic                    Topic
	nouns, questions, surely string
}{
	{TopicCheckIn, `checkin; check in`, `
		que|q|k|cual|a hora|horario|horarios * checkin|entrar|entrada|ingreso|ingresar|llegar|entro|entramos|llegada|arribo;
		hora|horario|horarios de|do check|entrada|ingreso|llegada|checkin|arribo;
		podemos|puedo|podria|podriamos|pueden|se|podra llegar|entrar|ingresar ?a|tarde|antes|temprano|las|la|tipo|despues|mas|desde;
		llegamos|llego|llegariamos|entramos tipo|tarde; hay|habra alguien para|que|a|en ?la ?nos|recibir|esperar|recepcion;
		early check; hora|horario * check in; desde que hora; what time * arrive; what time * check in; se|hora entra|ingresa|llega; late|self check|checkin;
		check in time; que horas; llegar * tarde|temprano|antes|noche|madrugada; a partir de que hora;
		esta bien * llegar|llegamos; entrar a la|las; podemos|puedo|se puede entrar|llegar|ingresar; nos esperan;
		quien nos recibe|espera; retirar|retiro * llave|llaves`, ``},
	{TopicCheckOut, `checkout; check out`, `
		que|q|k|a hora|horario * salida|salir|dejar|checkout|out|retirarse|irse|irnos|desocupar|egreso|entregar;
		hasta que hora; hora|horario|horarios de|do salida|checkout|egreso|saida; late check|checkout out;
		salir|irnos|dejar|quedarnos * mas tarde; dejar|guardar * valijas|bolsos|equipaje; what time * check out|leave; hay que|q salir|irse|dejar|desocupar; se sale|deja;
		checkout|out time; hasta la tarde`, ``},
	{TopicAddress, `ubicacion; ubi; direccion; mapa; location; address; localizacao; endereco; gps; coordenadas`, `
		donde|dnd|onde|adonde|where * queda|quedan|esta|estan|son|es|ubicada|ubicadas|ubicados|ubicado|estas|fica|ficam|located|are|is|sos;
		como llego|llegamos|llegar|chego|llegas; como hago para llegar; como se llega; ruta #; es la|por ruta; camino;
		how * get there|to;
		a|que cuanta|cuantas|cuantos esta|estan|queda|quedan|cuadras|km|kilometros|metros|minutos|distancia|tiempo ?de|del|queda;
		queda|quedan|esta|estan lejos|cerca|centro|centrico;
		esta|estan|queda|quedan * cuadras|cuadra|km|kilometros|minutos|metros ?de|del;
		en que zona|parte|lugar|barrio|localidad|ciudad|pueblo|provincia; que zona|localidad|barrio|ciudad; distancia;
		cerca|lejos del|de|da; hay|tiene senal|transporte|colectivo|remis|taxi|uber;
		pasame|mandame|manda|envia|me * ubicacion|direccion|maps;
		camino|ruta|acceso * ripio|asfalto|asfaltado|nieve|cadenas|auto; llegar|ir sin|en auto|colectivo|bondi|micro|tren;
		llega|pasa|hay * colectivo|micro|bondi|transporte|remis|uber; juntas|separadas o;
		cabanas estan juntas|separadas|alejadas`, `
		a|que cuanto|cuanta esta|estan|queda|quedan|estas de|del; a cuanto|cuanta|cuantos ?me|les|te|nos queda|quedan|estamos|quedamos; a cuanto esta|estan|estas|esta ?de|del|el|la|los|las @place;
		queda|quedan|esta|estan cerca|lejos ?de|del * @place; hay|tiene|tienen * salida|acceso|bajada * rio|lago|playa|arroyo;
		cuanto queda|hay|falta|tarda|tardo|se * del|de|hasta|desde|llegar; en cuanto tiempo; cuanto tiempo;
		a|q|que cuantas cuadras; cuantos|cuantas km|kilometros|cuadras|minutos; cual|que|qual es|seria ?la|el|a ?mejor ruta|camino|estrada; por que ruta|camino; cuanto se tarda`},
	{TopicPets, `pet friendly; petfriendly; mascotas $`, `
		aceptan|acepta|aceptas|admiten|admite|admitis|permiten|permite|permitis|reciben|aceitam|aceita|permitem|allow|accept|aceptarian|dejan|toman|tenes|hay * @pet;
		puedo|podemos|podria|podriamos|se|posso|podemos|can|could|may|pode|dejan * llevar|ir|llevo|viajar|bring|levar|llevarlo|entrar|puede|take|traer|meter|come * @pet;
		aceptan|admiten|permitidos|permitidas|permiten mascota|mascotas|animales;
		si llevo|llevamos|voy|vamos|tengo|tenemos|llevara * @pet;
		da|dao pra|para * levar|ir|llevar * @pet; are|is * @pet|allowed; se aceptan|admiten|permiten;
		pueden|puede|pode ir|entrar|viajar|llevarse * perro|perros|mascotas|mascota|animales|cachorro;
		apto|aptas mascota|mascotas|pet; pets|dogs|mascotas|perros allowed|ok|si|no|permitidas; con mascotas se|hay;
		hay|algun problema|drama|inconveniente * @pet;
		llevar|ir con|un|a|al|mi|el ?mi @pet;
		costo|cargo|recargo|extra * mascota|perro`, ``},
	{TopicWifi, `wifi; wi fi; internet; wf; wify; guifi; uaifai; starlink; senal; conexion`, `
		anda|funciona * wifi|internet|senal; senal de; cobertura; se puede trabajar|teletrabajar; home office`, ``},
	{TopicTowels, `toalla; toallas; toallones; toallon; towels; towel; toalhas; toalha`, `llevar|llevamos * toallas|toallones|toalla`, ``},
	{TopicLinen, `
		sabana; sabanas; ropa blanca; ropa de cama; frazadas; mantas; acolchados; linen; bedding; sheets; lencois;
		roupa de cama; blanqueria; almohadas; cobertores`, `llevar * sabanas|ropa|frazadas|mantas`, ``},
	{TopicParking, `
		estacionamiento; cochera; cocheras; garage; garaje; parking; estacionar; estacionamento; garagem; estacionamientos;
		parquear`, `
		auto|camioneta|coche * entra|mide|cabe; entra|entran|cabe|llega|llegan|dejo|dejamos|dejar|guardar|estaciono|cargar * auto|autos|camioneta|lancha|trailer|moto|motos|coche|carro|combi|casilla`, `
		lugar|donde|espacio|hay ?para ?dejo|dejar|guardar|estacionar|meter|poner ?el|la|las|los|un|una|mi|dos|# @vehicle|estacionar;
		lugar|espacio para|de estacionar|estacionamiento; @have|@is|disponible * cochera|estacionamiento`},
	{TopicPool, `
		pileta; piletas; pile; piletin; piscina; pool; swimming; natacion`, ``, ``},
	{TopicHotTub, `jacuzzi; yacuzzi; yacusi; jacuzi; hidromasaje; hidromassagem; hot tub; tub; hidro; sauna; spa; tinaja; banheira`, ``, ``},
	{TopicGrill, `
		parrilla; parrillas; asador; asado; chulengo; churrasqueira; grill; bbq; barbecue; fogon; disco; fuego`, `se puede hacer * asado|fuego|parrilla`, ``},
	{TopicKitchen, `
		cocina; heladera; horno; microondas; vajilla; anafe; freezer; cubiertos; kitchen; fridge; oven; geladeira; fogao;
		cozinha; pava; cafetera; ollas; platos; utensilios; cooking; hornalla; hornallas; tostadora; freezzer; sarten;
		licuadora`, `se puede cocinar; tiene para cocinar`, ``},
	{TopicHeating, `
		calefaccion; calefa; estufa; estufas; calefactor; calefactores; losa radiante; salamandra; heating; heater;
		aquecimento; lareira; fireplace; calefacion; radiadores; calefaccionada; hogar; chimenea; aquecedor`, `hace * frio; refresca; es calentita|calida`, ``},
	{TopicAir, `
		aire acondicionado; aire; ventilador; ventiladores; air conditioning|conditioner; ar condicionado; split; ac;
		ventilador de techo`, `hace * calor`, ``},
	{TopicTV, `tele; tv; television; televisor; netflix; directv; cable; smart; smarttv; televisao`, ``, ``},
	{TopicBreakfast, `desayuno; desayunos; breakfast; cafe da|de manha|manana; media pension; almuerzo; cena; comidas`, `dan|sirven|incluye|tiene desayuno|comida|cena`, ``},
	{TopicCapacity, `
		capacidad; dormitorios; habitaciones; ambientes; camas; plazas; bedrooms; quartos; cama matrimonial; cuchetas;
		sofa cama; matrimonial; m2`, `
		cuantas|cuantos|quantas|quantos * personas|pessoas|camas|habitaciones|dormitorios|ambientes|banos|plazas|cuartos|quartos|entran|entramos|somos|duermen|cabanas|caben|lugares|adultos|gente|people;
		how many people|beds|bedrooms|rooms|guests; para cuantas|cuantos|quantas ?personas|pessoas;
		entramos|entran|entrariamos|caben|cabemos los|todos|en|comodos|bien; capacidad maxima|para;
		hasta cuantas|cuantos; que tan grande|amplia; es grande|amplia|comoda|espaciosa;
		tienen|tiene|hay cama|camas|cucheta|cuchetas|sofa; agregar cama; una cama mas|extra|adicional; cama extra|adicional;
		son|tiene|es # ambientes|dormitorios|habitaciones|banos|pisos; como estan distribuidas|distribuidos;
		metros cuadrados|tiene; como son las|los cabanas|camas|habitaciones; maximo de personas`, `
		cuantas|cuantos|quantas|quantos personas|camas|habitaciones|dormitorios|ambientes|banos|plazas|cuartos|quartos|pessoas * tiene|tienen|hay|entran|tem|es|son`},
	{TopicChildren, `
		sillita; high chair; trona; juegos; plaza; columpios; hamacas;
		silla de comer|bebe; ninera; bañadera; banadera`, `
		aceptan|admiten|pueden|reciben|permiten * ninos|nenes|chicos|bebes|menores|kids|children|criancas;
		apto|aptas|seguro|segura * ninos|chicos|nenes|bebes; menores|ninos|nenes|bebes|chicos|bebe pagan|paga|cuentan|cuenta;
		desde|hasta que edad; a partir de que edad`, `@have|hay|disponible|tienen * sillita`},
	{TopicCrib, `cuna; practicuna; cunita; cunas; crib; cot; berco; moises; catre`, ``, `@have|hay|disponible|tienen|prestan * cuna|practicuna|cunita|crib|berco`},
	{TopicFirewood, `lena; lenha; firewood; wood; carbon; lenia`, ``, ``},
	{TopicHotWater, `
		agua caliente; agua; termotanque; calefon; ducha; duchas; presion; hot water; shower; agua quente; chuveiro; banera;
		potable`, `se corta * luz|agua; hay luz|electricidad|gas; grupo electrogeno`, ``},
	{TopicCleaning, `limpieza; mucama; cleaning; limpeza; limpian; limpio`, `hay que limpiar|dejar`, ``},
	{TopicActivities, `
		excursiones; actividades; supermercado; kiosco; almacen; restaurante; restaurantes; playa; rio; lago; arroyo;
		cabalgatas; pesca; pescar; trekking; ski; esqui; senderos; caminatas; kayak; kayaks; bicicletas; river; lake; beach;
		praia; restaurant; shops; supermarket; farmacia; bajada; proveeduria; delivery; cajero; hospital; nafta; cascada;
		termas; balneario; bosque; cerro; mercado $`, `
		~alquilar|alquila|rentan|prestan|hay|tienen|ofrecen|organizan|hacen * @fun; que se puede hacer|visitar; que hay para hacer|ver|cerca; para hacer; hay algo cerca|para hacer|para comer;
		donde comer|comprar; esta|estan * lago|rio|playa; nieva; hay nieve; como esta el clima|tiempo|camino;
		vista * lago|rio|montana|bosque; things to do`, `
		~alquilar|alquila|rentan|alugam * @fun; lugar|lugares|algo|donde para|p comer|visitar|cenar|comprar|hacer|ver|desayunar|conocer; algo * cerca`},
	{TopicSmoking, `fumar; smoking; smoke; fumadores`, `se puede fumar`, ``},
	{TopicParties, `
		fiesta; fiestas; musica; ruido; party; parties; ruidos; cumple; cumpleanos; evento; festejar; despedida`, `
		se|puedo|podemos * invitar|fiesta|musica|ruido|visitas|cumpleanos|festejar;
		puede|pueden venir|visitarnos|visitar|pasar * visitas|amigos|familia`, ``},
	{TopicAccess, `
		silla de ruedas; discapacidad; accesible; wheelchair; rampa; accesibilidad; discapacitados; movilidad reducida;
		ascensor; escaleras; escalera; planta baja; escalones`, `subir|hay escaleras|escalera`, ``},
	{TopicLaundry, `
		lavarropas; lavadora; lavadero; laundry; washing; lavanderia; secarropas; secador; plancha; lavar; tender`, ``, ``},
	{TopicCancellation, ``, `devuelven|devuelvan|devolves|devolverian|reintegran|reintegren|reembolsan * plata|sena|dinero|todo|senia|guita|pago; la devolucion|reintegro|reembolso; hay devolucion|reintegro|reembolso; refund|refunds|refundable|reembolso; cuando|tiempo|cuanto * devuelven|reintegran|devolucion|reembolso|reintegro`, ``},
	{TopicMinimum, `estadia minima; minimum stay`, `minimo ?de noches|noche|dias|estadia; hay minimo; cuantas noches minimo|minimas; noches minimas`, ``},
	{TopicDeposit, ``, `
		cuanto|cuanta|porcentaje|monto * sena|senia|adelanto|anticipo|senar|dejar|adelantar; hay que senar|adelantar|dejar;
		se sena; cuanto se sena`, ``},
	{
		TopicServices, `
		servicios; recepcion; comodidades; amenities; caracteristicas; detalles; foto; fotos; fotitos; imagenes; imagen;
		video; videos; pictures; photos; photo; pics; descripcion; info; informacion; infos;
		information; informacao; informacoes; data; reglamento; normas; reglas; rules; factura; book de fotos; folleto;
		seguridad; privacidad; deck; galeria; terraza; balcon; patio; jardin; mosquitos; mosquitero; bar; gimnasio; gym;
		adaptador; secador de pelo; bidet; caja fuerte; insumos; repelente; papel higienico; jabon; shampoo`,
		`
		que|q|k incluye|incluyen|trae|tiene|tienen|ofrecen|servicios|comodidades; que hay que|tengo|tenemos llevar|llevo; que|hay|conviene|necesito|necesitamos|debo * llevar|traer $; se escucha|oye|siente|ve; necesito|necesitamos|hacen|llevar cadenas|4x4|vehiculo;
		hay que llevar|traer; what|whats * included|include; whats included; o que inclui|tem|esta;
		esta|estan|viene|vienen equipada|equipadas|equipado|incluido|incluida|amueblada; cuenta|cuentan con;
		como es|son la|las|el cabana|cabanas|lugar|complejo; contame|contanos|comentame|cuentame|comentanos|explicame|decime ?un ?poco|poquito mas|de|del|sobre|como|que|algo;
		es|son privada|privado|compartida|compartido|independiente|independientes|tranquilo|seguro;
		mas informacion|info|detalles; bring * own; tienen|tenes|tiene|hay|cual|me|pasame|pasas|ver|mandas|mandame * fotos|video|instagram|pagina|web|ig|insta|facebook|sitio|site|website; ^ instagram|pagina|web|facebook|ig $;
		podes|puedes|podrias|podrian * pasar|enviar|mandar|mostrar fotos|info|informacion|imagenes;
		quiero ver|conocer la|las|fotos; mandame|pasame|enviame fotos|fotitos|info|videos;
		ver fotos|las|la cabana|cabanas|fotos; hacen factura; facturan; is included|inclui`, `que|q|k incluye|incluyen|entra|trae * precio|tarifa|valor|costo`,
	},
}

// firmTable is what of the topics weighs more, or less, than its nouns and questions do: whether one may cancel is no wish to, and
// the hour of arrival is a question only where nothing else is said.
var firmTable = []struct {
	topic    Topic
	weight   uint8
	patterns string
}{
	{TopicCancellation, 86, `
		como|cual|cuales|qual|cuanto|cuanta|hay|tienen|tenes|tiene|tem|existe|how|cobran|cobra|cobram|permiten|aceptan|ofrecen|offer * cancelacion|cancelaciones|cancelamento|cancelamentos|cancellation|cancellations|anulacion;
		is|son|es ?the|your|la|las cancelacion|cancelaciones|cancelamento|cancelamentos|cancellation|cancellations|anulacion; da|dao pra|para cancelar; ^ y|e la|o cancelacion|cancelamento $; free|flexible cancelacion|cancelaciones|cancelamento|cancelamentos|cancellation|cancellations|anulacion; consulta|pregunta|duda|dudas|sobre|acerca|about * cancelacion|cancelaciones|cancelamento|cancelamentos|cancellation|cancellations|anulacion;
		cancelacion|cancelaciones|cancelamento|cancelamentos|cancellation|cancellations|anulacion es|tiene|tienen|gratis|gratuita|gratuito|gratuitas|flexible|sin|sem|cuanto|como|free|policy|policies|fee|cuesta|e;
		politica|politicas|condicion|condiciones|condicoes|reglas|normas|terminos|plazo|prazo * cancelacion|cancelaciones|cancelamento|cancelamentos|cancellation|cancellations|anulacion|cancelar|cancelo|cancelamos|cancel|anular;
		costo|cargo|multa|penalidad|penalizacion|penalidade|recargo|taxa|fee|penalty ?de|da|do|por|para|for|on|to|si ?la|o|a cancelacion|cancelaciones|cancelamento|cancelamentos|cancellation|cancellations|anulacion|cancelar|cancelo|cancelamos|cancel|anular|cancelling|canceling;
		si|if ?yo|i|we|al ?final cancelo|cancelamos|cancel|anulo|cancelas|cancela|cancelara;
		si|if ?yo|i|we|al ?final tengo|tenemos|llego|llegamos|tuviera|tuvieramos|tuviese|debo|debemos|hay|need|have|decido|decidimos ?que|a cancelar|cancelo|cancelamos|cancel|anular;
		cancelar sin|gratis ?cargo|costo|multa|penalidad se puede|podria; cancelar|cancelo|cancelamos|cancel|anular con cuanta|cuanto|cuantos;
		se|caso ?eu|a|nos ?gente ?precisar|tiver|precisarmos|precise|quiser ?de|que cancelar|cancelarmos|cancele;
		que|what|o pasa|pasaria|sucede|ocurre|happens|acontece * cancelar|cancelo|cancelamos|cancel|anular; y|e|and|pero|pro si|if|se quiero|queremos|quisiera|necesito|necesitamos|quiser|want|need cancelar|cancelo|cancelamos|cancel|anular;
		se puede|podria|podra|pueden|pode|permite cancelar|cancelo|cancelamos|cancel|anular; puedo|podemos|podria|podriamos|podre|podremos|posso|poderia cancelar|cancelo|cancelamos|cancel|anular; can|could|may i|we cancelar|cancelo|cancelamos|cancel|anular;
		es|is ?it posible|possible cancelar|cancelo|cancelamos|cancel|anular; e possivel cancelar; hasta|ate|until|till cuando|cuanto|cuantos|que|quando|when|quantos|what * cancelar|cancelo|cancelamos|cancel|anular;
		con|com|how cuanto|cuanta|cuantos|quanto|quanta|quantos|late|long|much|many * cancelar|cancelo|cancelamos|cancel|anular|cancelacion|cancelaciones|cancelamento|cancelamentos|cancellation|cancellations|anulacion;
		cobran|cobra|cobras|cobram|cobrarian|charge|charged|penalizan * cancelar|cancelo|cancelamos|cancel|anular|cancelling|canceling; cancelar tiene|cuesta|sale;
		devuelven|devolves|devolvem|reintegran|reembolsan|refund * cancelar|cancelo|cancelamos|cancel|anular`},
	{TopicCancellation, 84, `
		politica|politicas|condiciones|condicion * cancelacion|cancelar;
		si cancelo|cancelamos|cancelas|cancela|cancelara|cancelo; cancelacion gratis|gratuita|flexible|sin;
		se puede cancelar * si|gratis|sin|hasta|despues|antes; se puede cancelar $; hasta cuando * cancelar;
		si tengo|tenemos|llego|llegamos que cancelar; si|que llueve|pasa * cancelar|cancelo|cancelamos;
		puedo|podemos cancelar * si|gratis|sin|hasta; devuelven|devolves|reintegran|reembolsan * si; cancellation policy;
		if i cancel; politica de cancelamento; devolucion de la sena|plata si`},
	{TopicPets, 60, `
		con|tengo|tenemos|llevo|llevamos|viajo|viajamos|somos ?y|con ?mi|un|una|el|dos|# @pet * se|hay|es puede|podria|problema|drama|inconveniente; con|tengo|tenemos|llevo|viajo ?mi|un|una @pet * aceptan|puedo|podemos|dejan|permiten`},
	{TopicCapacity, fitting, `entramos|entran|entrariamos|caben|cabemos|duermen|cabem <p>|#`},
	{TopicCheckIn, 44, `llegamos|llego|llegariamos|llegando|entramos * las|hs|noche|madrugada|tarde|#`},
}

// fitting is the weight of a question whether so many fit: one about the cabin, unless a date makes it one for room.
const fitting = 46
