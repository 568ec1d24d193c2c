package understanding

// ordinary are words that a slip would make a keyword of, and that are words in their own right. They are never mended.
const ordinary = `
clave claves abra abran abria abro apagamos agota agote aloja aloje asalto atte banada banar caemos caen caida calida casada casar cenamos cena ceno
cereza cerra cerre cesta choca cinta comes cortamos cortan dama dele desee echa echo ellas enterada firma firmas fora halla haya hayan hayas lees leon leve llevada llevando llevaria llevas
lleve manso matas mono muelas muro nadan olas oros oras parto pasea paseamos pase pasear penas pesa pesamos pesas podan predio predios quedemos quema queja quito reta reto sana suela suelos
suenos sueros tarea tarro tememos temia tinta tocamos toros vapores vendido vendio venia venido vote votes miro mias aquilo metido note nadamos habriamos alojados alojadas estimados estimada
estimadas estimado directo miedo recurso calculo calcular aguanta aguantar agradar arreglar atender aprender compartir comparar convencer devolver encender entender sentir mentir norma norman rosa rosana blanca flor flora florencia celeste estela pilar mercedes noelia silvina gaston german emiliano valeria veronica viviana gisela hernan gimenez perez gomez lopez diaz sosa romero
abierto about abril abrir achar adelante adentro after again agora agotado agua aguas ahora ainda aire alguien algunas
algunos ali all alla alli alma alquiler alquileres also alta alto altos amable amables amor amplia amplio andar ano antes
any aparece aparecen aparte apenas aprender aquel aquela aquele aqui arbol are arena armar arriba arroyo arte asado asi
atras augusta augusto aun aunque auto autos avion aviso ayuda azul bad baile bajar bajo bajos balcon bana banco bandera
banderas bano banos barata barato barbaro barco barra barrio bastante beber because been being bello bem benita benito best
better bicho bichos bici bien big blanco boca bolsa bondi bosque bote brasil brasileros brazo buena bueno buscar but
cabalgata cabalgatas caballo cabanero cabania cabeza cable cada caer caja cajas calle calor camarote camas cambio cambios
caminar camino caminos camion campana campanas campera camperas campo canal canas canasta cancha canchas cansado canto capaz
cara cargo cargos carne caro caros carpa carrera carta cartel casa casas casi caso casta castillo cazar celula cena cenar
censo centro cerca cerrar cerro cerros certeza cerveza cervezas chica chico chicos chivo choco ciclismo ciclista cielo cien
cierta cierto cine ciudad clase clima cobrar cocina cocinar cocinas coisa colegio color comer comida comiendo como complejo
compra comprar comun conmigo conocer consigo contamos contar contesta contestan contesto contigo copa copada copado corazon
corona corral correo correr corta corte corto cortos cosa costa could crear creer cruce cruz cruza cruzar cuadro cualquier
cualquiera cuando cuanta cuantas cuantos cuarto cuatros cuenta cuento cuerpo cuidado cuidar cumple cumpleanos cumplo curso
dale daniel daniela dar daria darian dato decir dejar delante deporte derecho desayuno descanso desde despues detalle dia
dias dicen diciendo did diente dieta diferencia diferente dificil dinero dios diria dirian dizer doble doce doctor does
dolor dolores domino donde done dormir dos down duda dudas dueno dulce dura durante duro each edad efecto ejemplo ela elas
ele eles ella ellos empresa encima entero entierro entonces entrada entrar entre enviar equipo error escala escalera escribi
escribiendo escribir escribo escrito escuela eso esos espera esperando esperar espero esquina estaca estad estafa estar
estilo estoy estudiando estudio euro even every exito extra facil falta familia favor fazer fecha fechas feliz feo feria few
ficar fiesta fiestas fila filo first flaca flaco fondo for forma foto fotos frente frio from fruta fuego fuera fuerte
funciona futuro gana ganar ganas gano gasto genial gente golpe good gracia grado grados gran grande grandes great grifo
gripe gritar grupo grupos guapo guerra guia gusta gustar gusto hablando hablar hacen hacer hacerle hacerlo haces hacia
haciendo had haga hago hambre harina has hasta have haver hecho heladera helado her here hermosa hermoso hicieron hielo hijo
him his historia hogar hoja hojas hombre hombro hondo hora horno hotel hotelera hoteles hotelito how huevo humo humor idea
igual imagen incluso infante interes interior internet interno into invierno ir iran iria isla isso isto its jabon jaja
jajaja jardin javier jeje jimena jorge jose joven juan jueces juego juegos jugamos jugar jugo jugos julia julian julieta
junior junto juntos just justo know la ladera lado lago lagos lancha largo last laura lavar lave leandro leche leer legal
lejos lena lento letra ley libra libro libros ligar like limpian limpiar limpieza limpio linda lindas lindo lindos linea
listo llama llamada llaman llamar llano llanta llave llaves llega llegada llegar llegue llenar lleva llevan llevar llevo
lloro llueve lluvia loco long lorena lucha lucia luciana lugares luis luna lunar luz madera mail mais maiz make mal mala
maleta malo mandan mandar mando manejando manejo manga mangas mango mangos mano manos manta mantas many mapa mar marca
marcela march marcos maria mario marta marte martin marzo mas matar mate mates mayor mayoria media medico medicos medida
medidos medio medios mejores menor menos mensaje mensajito mente mes mesa mesas meta metas metro meu miedo mientras milei
miles mili millones mina minas minha minuto mira mirando mirar misma mismo mitad mitin mitos mochila modo momento montana
more morir most moto motor motores mover movil much mucha muchas mucho muchos muela muita muito muitos mujer mundo musica
must nada nadie nao necesita negro nem new next nice niebla nieva nieve ningun ninguna ninguno ninos nivel niveles nombre
nombres normal norte nossa nosso not nota noticia nova novela noveno now nube nuera nuestro nueva nuevo numeros nunca obra
obrero ocupar odio oferta off oficina ojos old olla olor onda onde one only orden oro oscuro other otono our out over paga
pagina paginas pais paisaje paja palabra palas pan papel par parar parece parecido pared pares parque parra parte partes
partida partido partidos partir pasa pasada pasado pasaje pasan pasar pasara pasaran pasaron pase pasear paseo paseos pases
paso pasta pasto pata patio pato paz pedido pedidos pedir pedro pegar pelicula pensando pensar pequeno pera peras perder
perdi perdida perdido perdieron perdimos perdon perla permiso pero persianas pesar pesca pescar peso petra pide piden pidio
pido pie piedra piel pierna pies pieza pila pileta piletas pino pinos pintura piso plan planta plantas plata platas plato
playa please pleno pluma pobre poca poco podemos poder podes podia podian pone ponele ponemos poner por porque poso posta
pouca pouco pozo pozos pre precio preciosa precioso precisa preciso preferimos prefiere prefiero preguntando preguntar
preguntas premio prensa presente presion preso prestar primavera primo prisa privada privado probar problema pronto propio
prueba pudo pueblo pueda puedan puedes puente puerta puerto puesto punto puntos puntual quando quedar queremos querer queres
queria queso quien quienes quieto quilombo quilos quinto quiosco quita quiza quizas radio rama rapido raro rato razon real
recado receta recibi recibido recibimos recibir recibo recibos recta recuerdo red regalo regla regular reloj reserva
reservado resto rico rio roca rojo romper ropa rosa rubro rueda ruido ruta sabado sabana sabanas sabe saber sabes sabia
sabio sabor sabrina saca sacar saco sala salida saliendo salir salon salsa salto salud saluda salvo same sandra sangre sano
santa santiago santo sapo seca secador secar seco see seguir segun segura seguro sema semanal senal senales senor senora ser
seran sere sergio serian serio servicio servicios servido servir seu sexto she short should siempre siendo siento silla
sillon silvia sim sino sirve sitio small so sobrar sobre sobrio sofa sofia sol sola soledad sombra some sua suave subir such
sucio suelo suena sueno suero suerte suma supe super tabla take tal tallas tambem tambien tampoco tanque tanta tanto tarda
tardan tarde tardes tardo tarta techo tell tema tempo tenemos tener tenga tengan tengas tengo tenido teniendo ter terraza
terreno than that the their them then there these they think this those tierra time tio tipo tiro toalla tocar toda todas
todo todos tomar tono tontos too topos toro torta tortas total trabajando trabajo trae traer trafico tranqui tranquila
tranquilo tren trucha turno tuve tuvo under unidas unidos unir until upon usar use uso util vaca vacaciones vago valle vapor
varias varios vaso vecino vemos vende vender vendo vengo venia venir venta ventana ventas vente ventilador ver vera verano
veras verdad verde verla verlo very vez viaja viajar viaje viajes vida vidrio vieja viejo viendo viene vienen vienes viento
vimos vinieron vino vinos vir visita visitar vista vistas viste visto vivir vivo voce voces volar voz vuelo vuelos vuelta
want was way well went were what when where which while who why will with would yendo you your zapatos zona
`
