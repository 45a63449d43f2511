package letter

import "enrolld"

var tongues = map[string]Tongue{
	"en": {
		open: "open to you until %s", course: "Your course",
		one: "%s and 1 more course", more: "%s and %d more courses",
		date:   "%s %s %d",
		months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		why: map[enrolld.MessageKind]string{
			enrolld.MessageWelcome:      "You receive this email because an account was made for you at",
			enrolld.MessageAccess:       "You receive this email because you were given access to courses at",
			enrolld.MessageEmailChanged: "You receive this email because your address was changed at",
		},
		whyOrdered: "You receive this email because an order of yours was refunded at",
		whyHas:     "You receive this email because of your courses at",
		stop:       "Unsubscribe from these emails",
	},
	"de": {
		open: "für dich offen bis %s", course: "Dein Kurs",
		one: "%s (+1 Kurs)", more: "%s (+%d Kurse)", // behind “zu” and “für” the same
		date:   "%s. %s %d",
		months: [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		why: map[enrolld.MessageKind]string{
			enrolld.MessageWelcome:      "Du bekommst diese E-Mail, weil für dich ein Konto angelegt wurde bei",
			enrolld.MessageAccess:       "Du bekommst diese E-Mail, weil du Zugang zu Kursen erhalten hast bei",
			enrolld.MessageEmailChanged: "Du bekommst diese E-Mail, weil deine Adresse geändert wurde bei",
		},
		whyOrdered: "Du bekommst diese E-Mail, weil eine Bestellung von dir erstattet wurde bei",
		whyHas:     "Du bekommst diese E-Mail wegen deiner Kurse bei",
		stop:       "Diese E-Mails abbestellen",
	},
	"es": {
		open: "disponible hasta el %s", course: "Tu curso",
		one: "%s y 1 curso más", more: "%s y %d cursos más",
		date:   "%s de %s de %d",
		months: [12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
		why: map[enrolld.MessageKind]string{
			enrolld.MessageWelcome:      "Recibes este correo porque se ha creado una cuenta para ti en",
			enrolld.MessageAccess:       "Recibes este correo porque se te ha dado acceso a cursos en",
			enrolld.MessageEmailChanged: "Recibes este correo porque se ha cambiado tu dirección en",
		},
		whyOrdered: "Recibes este correo porque se ha reembolsado un pedido tuyo en",
		whyHas:     "Recibes este correo por tus cursos en",
		stop:       "Dejar de recibir estos correos",
	},
	"fr": {
		open: "ouvert jusqu’au %s", course: "Votre cours",
		one: "%s et 1 autre cours", more: "%s et %d autres cours",
		date: "%s %s %d", first: "1er",
		months: [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		why: map[enrolld.MessageKind]string{
			enrolld.MessageWelcome:      "Vous recevez cet e-mail parce qu’un compte a été créé pour vous sur",
			enrolld.MessageAccess:       "Vous recevez cet e-mail parce qu’un accès à des cours vous a été donné sur",
			enrolld.MessageEmailChanged: "Vous recevez cet e-mail parce que votre adresse a été modifiée sur",
		},
		whyOrdered: "Vous recevez cet e-mail parce que l’un de vos achats a été remboursé sur",
		whyHas:     "Vous recevez cet e-mail en raison de vos cours sur",
		stop:       "Ne plus recevoir ces e-mails",
	},
	"it": {
		open: "a tua disposizione fino al %s", course: "Il tuo corso",
		one: "%s e 1 altro corso", more: "%s e altri %d corsi",
		date:   "%s %s %d",
		months: [12]string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"},
		why: map[enrolld.MessageKind]string{
			enrolld.MessageWelcome:      "Ricevi questa email perché è stato creato un account per te su",
			enrolld.MessageAccess:       "Ricevi questa email perché ti è stato dato accesso a dei corsi su",
			enrolld.MessageEmailChanged: "Ricevi questa email perché il tuo indirizzo è stato cambiato su",
		},
		whyOrdered: "Ricevi questa email perché un tuo ordine è stato rimborsato su",
		whyHas:     "Ricevi questa email per via dei tuoi corsi su",
		stop:       "Non ricevere più queste email",
	},
	"nl": {
		open: "voor je open tot %s", course: "Je cursus",
		one: "%s en 1 andere cursus", more: "%s en %d andere cursussen",
		date:   "%s %s %d",
		months: [12]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
		why: map[enrolld.MessageKind]string{
			enrolld.MessageWelcome:      "Je ontvangt deze e-mail omdat er een account voor je is gemaakt bij",
			enrolld.MessageAccess:       "Je ontvangt deze e-mail omdat je toegang tot cursussen hebt gekregen bij",
			enrolld.MessageEmailChanged: "Je ontvangt deze e-mail omdat je e-mailadres is gewijzigd bij",
		},
		whyOrdered: "Je ontvangt deze e-mail omdat een bestelling van je is terugbetaald bij",
		whyHas:     "Je ontvangt deze e-mail vanwege je cursussen bij",
		stop:       "Deze e-mails niet meer ontvangen",
	},
	"pt": {
		open: "disponível até %s", course: "O seu curso",
		one: "%s e mais 1 curso", more: "%s e mais %d cursos",
		date:   "%s de %s de %d",
		months: [12]string{"janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"},
		why: map[enrolld.MessageKind]string{
			enrolld.MessageWelcome:      "Recebe este e-mail porque foi criada uma conta para si em",
			enrolld.MessageAccess:       "Recebe este e-mail porque lhe foi dado acesso a cursos em",
			enrolld.MessageEmailChanged: "Recebe este e-mail porque o seu endereço foi alterado em",
		},
		whyOrdered: "Recebe este e-mail porque uma encomenda sua foi reembolsada em",
		whyHas:     "Recebe este e-mail por causa dos seus cursos em",
		stop:       "Deixar de receber estes e-mails",
	},
}
