"""Frequent words of the city, one idea a line: the Marathi word, then what else stands for it.

Other spellings (also wrong ones that are often seen), loan words, how people write the Marathi word
with Latin letters, and the English word. All of a line become one token, so that a search for
"pothole" finds "खड्डा", and two citizens who write in different languages are understood to mean
the same. Inflected forms need no entry, ``words.py`` finds the stem; a verb stands as its bare stem
(तुंब for तुंबले, तुंबते, तुंबणे). A word with = has another meaning when inflected (पानी is water
misspelt, पाने are leaves): it stands just for itself. No word stands in two lines.

What happened is apart from the kinds of landmarks: the one hardly tells where something is, the
other does. The courtesies of letters tell neither. Stop words are no tokens at all.
"""

HAPPENINGS = """
खड्डा खड्ढा खडडा खडा= गड्डा khadda khadde khada khaddyat khadyat khaddyamule pothole pit
रस्ता रोड मार्ग पथ सडक rasta raste rastyavar rastyat rastyala rastyacha sadak road street rd marg
खराब दुरवस्था नादुरुस्त kharab damaged damage bad poor
दुरुस्ती durusti repair fix mend
तुट तुटका मोडका मोड tutla tutle tutleli broken break broke
फुट futla fatla burst crack cracked
खच khachla khachlay sunken sunk cave
डांबर dambar tar asphalt
पदपथ फुटपाथ फूटपाथ footpath pavement sidewalk
गतिरोधक gatirodhak speedbreaker hump breaker
पाणी पानी= pani paani panyacha water
पाऊस पावस पावसाळा paus pavsacha rain rainwater monsoon
साच साठ sachle sathle sachla waterlogging waterlogged logged stagnant accumulated
तुंब चोकअप चोक tumble tumbla tumbli choke choked block blocked clogged blockage
ड्रेनेज drainage drain drainej
गटार gatar gutter
नाला nala nalla naala stream
चेंबर chamber chember
मॅनहोल manhole
झाकण jhakan zakan cover lid
उघडे ughde ughda open uncovered
सांडपाणी मलनिःसारण मैला mailapani sewage sewer sewerage
वाह vahate wahate vahatay flow overflow overflowing spill
गळती गळ लीकेज लिकेज galti leak leakage leaking lekej
नळ नल nal tap
जलवाहिनी वाहिनी पाईप पाइपलाईन पाईपलाइन pipe pipeline
पुरवठा puravtha supply
दाब प्रेशर dab pressure
दूषित गढूळ dushit gadhul contaminated dirty muddy
वास दुर्गंधी vas durgandhi smell stink stench odour foul
कचरा केरकचरा kachra kachara kacharyacha kachryacha garbage waste trash rubbish
कचराकुंडी kachrakundi kundi dustbin bin
घंटागाडी ghantagadi van
उचल uchalla uchalat uchalala collect collection lift pickup
ढीग ढिगारा dhig heap pile
घाण अस्वच्छ ghan ghaan asvachh filth filthy unclean
साफसफाई सफाई साफ स्वच्छता safai saf cleaning clean cleanliness
झाडलोट zadlot swept sweep sweeping
स्वच्छतागृह शौचालय मुतारी shauchalay toilet urinal
दिवा पथदिवा लाईट स्ट्रीटलाईट बल्ब diva dive patdiva pathdiva lait light streetlight bulb lamp
खांब पोल khamb khambha pole post
वायर तार wire cable
वीज विद्युत veej vij electric electricity
अंधार काळोख andhar kalokh dark darkness
बंद band off shut
झाड वृक्ष zad zhad jhad tree
पड padle padla padli fallen fell fall
फांदी fandi fandya phandi phandya branch
छाटणी chatni chhatni trim trimming prune cut
उद्यान बाग बगीचा udyan bagicha garden park
डास मच्छर das daas machhar machar mosquito
धूर फवारणी favarni fogging spray
कुत्रा कुत्रे श्वान kutra kutre kutri dog
भटका मोकाट bhatka bhatki mokat stray
मृत मेलेले mrut melela dead carcass
जनावर प्राणी janavar janawar animal
गाय गाई cow cattle
अनधिकृत बेकायदा anadhikrut bekayda unauthorised unauthorized illegal
बांधकाम bandhkam construction building
अतिक्रमण atikraman encroachment encroach
फेरीवाला पथारी feriwala hawker vendor
वाहन गाडी गाड्या vahan gadi gaadi vehicle car
वाहतूक ट्रॅफिक vahatuk traffic
अपघात apghat accident
मिळकतकर घरपट्टी gharpatti milkatkar tax
बिल bill
नवीन navin new
जुना juna old
मोठा motha mothe mothi big large huge
त्रास tras trouble nuisance problem
धोका धोकादायक dhoka dhokadayak danger dangerous risky
तक्रार takrar complaint grievance complain
दिवस divas day
आठवडा athavda week
रात्र ratra ratri night
सकाळ sakal morning
ठिकाण thikan place spot
भर bharla full
जळ पेट jalat burn burnt fire
कोसळ उन्मळ kosalle collapse uproot
"""

LANDMARKS = """
बस bus
थांबा स्टॉप thamba stop
शाळा विद्यालय shala school
मंदिर देऊळ mandir temple
गणपती ganpati ganapati
मशीद masjid mosque
दवाखाना रुग्णालय हॉस्पिटल davakhana hospital dispensary clinic
दुकान dukan shop store
कॉलेज महाविद्यालय college
हॉटेल उपाहारगृह hotel restaurant
मेडिकल medical chemist
पेट्रोल petrol
पंप pump
कार्यालय ऑफिस karyalay office
स्टेशन स्थानक station
मंडई बाजार mandai bazar market
चौक chowk chauk square junction
पूल pul bridge
बँक bank
मैदान maidan ground
सोसायटी society
इमारत बिल्डिंग imarat
गल्ली गली बोळ galli lane
घर ghar house home
कॉलनी वसाहत colony
नगर nagar
क्रमांक क्र नंबर kramank number num
"""

COURTESIES = """
कार्यवाही कारवाई संबंधित विभाग अधिकारी कर्मचारी दखल लक्ष नागरिक रहिवासी लोक ज्येष्ठ लहान मुले महिला
अडचण गैरसोय फोन अर्ज निवेदन अहो बघा जरा सांगा पहा काहीतरी कळवा आभार धन्यवाद विषय तातडी तात्काळ मदत
निदर्शनास आणून देतो बऱ्याच वेळा दोन तीन चार पाच
action necessary needful take taken matter look urgent urgently earliest immediate immediately soon
asap pls plz request requested inform information bring notice attention concern concerned
department authority officer staff resident citizen people public senior children women suffer
suffering face inconvenience difficulty bother bothered nobody somebody someone anybody send thank
thanks respected today yesterday month two three four five many several time lot make sure help
kahitari lavkar saheb koni baghat bagha lok nagrik
"""

STOP_WORDS = """
आहे आहेत आणि व हे ही हा ह्या या त्या तो ती ते तसेच नाही नाहीत नको येथे इथे इथला तेथे तिथे आमच्या
आमचा आमची आमचे आम्ही आम्हाला मी माझ्या माझा माझे मला कृपया लवकर लवकरात त्वरित करा करावी करावे
करण्यात होत होते होता होती झाला झाली झाले झालेला झालेली झालेले आले आला आली गेला गेली गेले असून असा
अशी असे खूप फार पण किंवा तर की का काय कोणी जवळ जवळच्या जवळील समोर समोरील समोरच्या मागे मागील पुढे
वर वरील खाली मध्ये मधील पासून पर्यंत बाजूला शेजारी लगत साठी मुळे बद्दल बाबत येत येते यावे द्यावे
एक सर्व सगळे अजून अजूनही आता पुन्हा रोज महोदय साहेब सर विनंती गेल्या अनेक काही
a an the is are was were be been being am in on at of for to from by with and or but near nearby
opposite opp behind beside next front before after above below please kindly sir madam dear our my
we i it its this that these those there here has have had do does did not no nor can could will
would should very also so as if any all some since last again still get gets getting got one
you your me us close up out all over into
aahe ahe aahet ahet nahi nahit nhi ani aani javal jawal samor madhe madhye mage pudhe var khali
ithe kara krupaya kripaya ka khup far zala zale zali jhala jhale ala ale aamchya amchya cha chi che
la ne mule yet yete hote pasun karun kelet gela geli gele
chya pashi
"""
